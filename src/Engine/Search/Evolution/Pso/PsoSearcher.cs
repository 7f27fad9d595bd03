using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Pso;

/// <summary>Particle swarm: points that fly on, pulled to the best place each has seen and to the best of all.</summary>
/// <remarks>
/// <para>
/// Trial n moves particle (n - 1) mod swarm size; the first trials are evenly spread. Places and velocities are read from the observations by
/// trial, so nothing else is remembered, and a place that another algorithm chose is as good as any. The best of all is the best that is known
/// when a trial is asked for, so parallel trials never wait.
/// </para>
/// <para>
/// Sources: J. Kennedy and R. Eberhart, "Particle swarm optimization", ICNN 1995, 1942-1948; Y. Shi and R. Eberhart, "A modified particle swarm
/// optimizer", ICEC 1998, 69-73, for inertia. Departures: swarms are small and slow down fast by default, because trials are dear (0.7298 and
/// 1.49618 are the classic coefficients, for thousands of them); velocities are limited to half the box, which reflects;
/// a particle jumps between categories, to its best, to the best of all or to any, with the weights of c1 and c2.
/// </para>
/// <para>Cost: O(d) a suggestion.</para>
/// </remarks>
internal sealed class PsoSearcher(PsoOptions options) : ISearcher
{
    private const int Tries = 16;
    private const double Fastest = 0.5;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("pso");
    private readonly TrialFold<Swarm> _fold = new((axes, _) => Swarm.Start(axes, options), (swarm, point) => swarm.Add(point));
    private readonly Lock _lock = new();

    public PsoSearcher()
        : this(new PsoOptions())
    {
    }

    /// <inheritdoc/>
    public string Name => "pso";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            Swarm swarm = _fold.Read(history, context.Seed);
            SuggestionBatch batch = new(context, history);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(swarm, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private void SuggestOne(Swarm swarm, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        int slot = swarm.SlotOf(trial);
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        string particle = $"particle {slot + 1} of {swarm.Particles.Length}";
        if (swarm.Particles[slot] is not { } own)
        {
            if (!batch.TryAdd(_design.Point(seed, trial, swarm.Axes.Dimension), $"{particle}, from a Sobol sequence"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        for (int i = 0; i < Tries; i++)
        {
            if (batch.TryAdd(Move(swarm, own, random), $"{particle}, move {((trial - 1) / swarm.Particles.Length) + 1}"))
            {
                return;
            }
        }

        batch.TryAddRandom(random, $"random, because {particle} stands still");
    }

    private double[] Move(Swarm swarm, Particle own, SeededRandom random)
    {
        double[] to = Moves.Complete(own.At.Unit, random);
        EvaluatedPoint best = swarm.Best ?? own.Best;
        for (int i = 0; i < to.Length; i++)
        {
            Axis axis = swarm.Axes.Axes[i];
            if (axis.IsConstant)
            {
                continue;
            }

            double mine = double.IsNaN(own.Best.Unit[i]) ? to[i] : own.Best.Unit[i];
            double all = double.IsNaN(best.Unit[i]) ? to[i] : best.Unit[i];
            if (axis.IsNominal)
            {
                to[i] = Category(axis, to[i], mine, all, random);
                continue;
            }

            double velocity = double.IsNaN(own.Before.Unit[i]) ? 0 : options.Inertia * (to[i] - own.Before.Unit[i]);
            velocity += (options.Cognitive * random.NextUnit() * (mine - to[i])) + (options.Social * random.NextUnit() * (all - to[i]));
            to[i] = Moves.Mirror(to[i] + Math.Clamp(velocity, -Fastest, Fastest));
        }

        return to;
    }

    private double Category(Axis axis, double own, double mine, double all, SeededRandom random)
    {
        double stay = options.Inertia;
        double any = 0.5 / (1 + axis.Levels);
        double draw = random.NextUnit() * (stay + options.Cognitive + options.Social + any);
        return draw < stay ? own
            : draw < stay + options.Cognitive ? mine
            : draw < stay + options.Cognitive + options.Social ? all
            : Moves.OtherLevel(axis, own, random);
    }
}
