using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.De;

/// <summary>Differential evolution: differences between members of a population are the steps of others.</summary>
/// <remarks>
/// <para>
/// Trial n challenges member (n - 1) mod NP and takes its place unless it is worse: a function of the observations by trial, whoever chose them.
/// The first NP trials are evenly spread. No generations: every challenger is made of the members as they are known when it is asked for, so
/// parallel trials never wait.
/// </para>
/// <para>
/// Sources: R. Storn and K. Price, J. Global Optim. 11 (1997) 341-359; J. Zhang and A. C. Sanderson, "JADE: adaptive differential evolution with
/// optional external archive", IEEE Trans. Evol. Comput. 13 (2009) 945-958 (mutation eq. 4 with archive, F and CR eq. 6-12, the default).
/// Departures: small populations, because trials are dear; the mean of F is not Lehmer's. Numbers on a grid move by their cells' middles; a
/// category is taken from one of the members that a difference is made of, and now and then drawn anew.
/// </para>
/// <para>Cost: O(d + NP log NP) a suggestion.</para>
/// </remarks>
internal sealed class DeSearcher(DeOptions options) : ISearcher
{
    private const int Tries = 16;

    /// <summary>Part of the population that counts as best (JADE's p), at least two members.</summary>
    private const double BestPart = 0.15;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("de");
    private readonly TrialFold<DeState> _fold = new((axes, seed) => DeState.Start(axes, seed, options), (state, point) => state.Add(point));
    private readonly Lock _lock = new();

    public DeSearcher()
        : this(new DeOptions())
    {
    }

    /// <inheritdoc/>
    public string Name => "de";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            DeState state = _fold.Read(history, context.Seed);
            SuggestionBatch batch = new(context, history);
            EvaluatedPoint[] ranked = [.. state.Members.OfType<EvaluatedPoint>().OrderBy(member => member, Merit.BestFirst)];
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(state, ranked, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private void SuggestOne(DeState state, EvaluatedPoint[] ranked, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        int slot = state.SlotOf(trial);
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        if (state.Members[slot] is not { } target || ranked.Length < 4)
        {
            if (!batch.TryAdd(_design.Point(seed, trial, state.Axes.Dimension), $"member {slot + 1} of {state.Members.Length}, from a Sobol sequence"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        (double f, double cr) = state.Draw(trial);
        for (int i = 0; i < Tries; i++)
        {
            if (batch.TryAdd(Challenger(state, ranked, target, f, cr, random), $"challenges member {slot + 1} of {state.Members.Length}, F {f:G2}, CR {cr:G2}"))
            {
                return;
            }
        }

        batch.TryAddRandom(random, "random, because what the differences give was tried before");
    }

    private double[] Challenger(DeState state, EvaluatedPoint[] ranked, EvaluatedPoint target, double f, double cr, SeededRandom random)
    {
        EvaluatedPoint Any(params ReadOnlySpan<EvaluatedPoint> but)
        {
            EvaluatedPoint one;
            do
            {
                one = ranked[random.NextInt(ranked.Length)];
            }
            while (but.Contains(one));

            return one;
        }

        EvaluatedPoint best = options.Strategy == DeStrategy.CurrentToPBest
            ? ranked[random.NextInt(Math.Max(2, (int)(BestPart * ranked.Length)))]
            : ranked[0];
        EvaluatedPoint first = Any(target);
        EvaluatedPoint second = Any(target, first);
        if (options.Strategy == DeStrategy.CurrentToPBest && random.NextInt(ranked.Length + state.Losers.Length) is int at && at >= ranked.Length)
        {
            second = state.Losers[at - ranked.Length];
        }

        bool isTwo = options.Strategy is DeStrategy.Rand2 or DeStrategy.Best2;
        EvaluatedPoint third = Any(target, first, second);
        EvaluatedPoint fourth = isTwo ? Any(first, second) : third;
        EvaluatedPoint fifth = isTwo ? Any(second, fourth) : third;
        EvaluatedPoint start = options.Strategy switch
        {
            DeStrategy.CurrentToPBest => target,
            DeStrategy.Rand1 or DeStrategy.Rand2 => third,
            _ => best,
        };

        double[] trial = Moves.Complete(target.Unit, random);
        int sure = state.Free.Length == 0 ? -1 : state.Free[random.NextInt(state.Free.Length)];
        foreach (int i in state.Free)
        {
            if (i != sure && random.NextUnit() >= cr)
            {
                continue;
            }

            Axis axis = state.Axes.Axes[i];
            if (axis.IsNominal)
            {
                trial[i] = Category(axis, trial[i], best.Unit[i], first.Unit[i], second.Unit[i], f, random);
                continue;
            }

            double from = Or(start.Unit[i], trial[i]);
            double moved = from + (f * Difference(first.Unit[i], second.Unit[i]));
            moved += options.Strategy == DeStrategy.CurrentToPBest ? f * (Or(best.Unit[i], from) - from) : 0;
            moved += isTwo ? f * Difference(fourth.Unit[i], fifth.Unit[i]) : 0;
            trial[i] = moved < 0 ? trial[i] / 2 : moved > 1 ? (trial[i] + 1) / 2 : moved;
        }

        return trial;
    }

    /// <summary>The best's with probability F, else one of the two that differ, or any other where they do not.</summary>
    private static double Category(Axis axis, double own, double best, double first, double second, double f, SeededRandom random)
    {
        double draw = random.NextUnit();
        double chosen = draw < f ? best : draw < f + ((1 - f) / 2) ? first : second;
        chosen = Or(chosen, own);
        return random.NextUnit() < 1.0 / (1 + axis.Levels) ? Moves.OtherLevel(axis, chosen, random) : chosen;
    }

    private static double Or(double value, double otherwise) => double.IsNaN(value) ? otherwise : value;

    private static double Difference(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? 0 : a - b;
}
