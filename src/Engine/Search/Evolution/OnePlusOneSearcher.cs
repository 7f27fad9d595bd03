using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution;

/// <summary>(1+1) evolution strategy: changes the best configuration at random, in steps that grow on success and shrink on failure.</summary>
/// <remarks>
/// <para>
/// Step sizes follow the 1/5 success rule over the observations by trial, whoever chose them; they shrink no more than to a smallest step, so
/// that many parallel failures do no lasting harm. Numbers take normal steps, all of them half of the time, else each with probability 1/d,
/// and so do categories; at least one parameter changes. Discrete numbers move at least to the next value.
/// </para>
/// <para>
/// Sources: I. Rechenberg, "Evolutionsstrategie" (1973), for the rule; in the form of S. Kern et al., Natural Computing 3 (2004) 77-112, eq. 4;
/// B. Doerr, C. Doerr, J. Kötzing, "Static and self-adjusting mutation strengths for multi-valued decision variables", Algorithmica 80 (2018),
/// for changing each of d discrete values with probability 1/d.
/// </para>
/// <para>Cost: O(d) a suggestion.</para>
/// </remarks>
internal sealed class OnePlusOneSearcher(double sigma0 = OnePlusOneSearcher.DefaultSigma) : ISearcher
{
    private const double DefaultSigma = 0.2;
    private const double SmallestSigma = 1e-7;
    private const double LargestSigma = 0.5;
    private const int Tries = 24;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("oneplusone");
    private readonly TrialFold<Parent> _fold = new((axes, _) => new(axes, Moves.Free(axes), null, sigma0), (parent, point) => parent.Add(point));
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public string Name => "oneplusone";

    /// <summary>Makes the searcher of its options.</summary>
    public static OnePlusOneSearcher Read(OptionReader options) =>
        new(options.Number("sigma0", DefaultSigma, v => v is > 0 and <= LargestSigma, "must be above 0 and at most 0.5 (a part of each parameter's range)"));

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            Parent parent = _fold.Read(history, context.Seed);
            SuggestionBatch batch = new(context, history);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(parent, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private void SuggestOne(Parent parent, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        if (parent.Best is not { } best)
        {
            if (!batch.TryAdd(_design.Point(seed, trial, parent.Axes.Dimension), $"point {trial} of a Sobol sequence, to begin with"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        for (int i = 0; i < Tries; i++)
        {
            if (batch.TryAdd(Child(parent, best, Math.Min(LargestSigma, parent.Sigma * Math.Pow(1.3, i)), random), $"a change of trial {best.Trial}, step size {parent.Sigma:G2}"))
            {
                return;
            }
        }

        batch.TryAddRandom(random, $"random, because what is close to trial {best.Trial} was tried before");
    }

    private static double[] Child(Parent parent, EvaluatedPoint best, double sigma, SeededRandom random)
    {
        double[] child = Moves.Complete(best.Unit, random);
        int[] free = parent.Free;
        if (free.Length == 0)
        {
            return child;
        }

        bool all = random.NextUnit() < 0.5;
        int sure = free[random.NextInt(free.Length)];
        foreach (int i in free)
        {
            Axis axis = parent.Axes.Axes[i];
            bool isDiscrete = axis.Levels > 0;
            bool chosen = i == sure || (all && !isDiscrete) || random.NextUnit() < 1.0 / free.Length;
            if (chosen)
            {
                child[i] = axis.IsNominal ? Moves.OtherLevel(axis, child[i], random) : Moves.Step(axis, child[i], sigma, random);
            }
        }

        return child;
    }

    /// <summary>What is known: the best point, and how large steps from it should be. Never changes once made.</summary>
    private sealed record Parent(SpaceAxes Axes, int[] Free, EvaluatedPoint? Best, double Sigma)
    {
        private double Damping => 1 + (Free.Length / 2.0);

        public Parent Add(EvaluatedPoint point)
        {
            if (Best is null)
            {
                return point.Value is null ? this : this with { Best = point };
            }

            int sign = Merit.BestFirst.Compare(point, Best);
            double gain = ((sign < 0 ? 1 : 0) - 0.2) / (0.8 * Damping);
            return this with { Best = sign <= 0 ? point : Best, Sigma = Math.Clamp(Sigma * Math.Exp(gain), SmallestSigma, LargestSigma) };
        }
    }
}
