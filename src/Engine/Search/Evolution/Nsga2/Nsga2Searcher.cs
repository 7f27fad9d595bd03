using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Nsga2;

/// <summary>NSGA-II: evolves a population towards the front where no objective can be improved without loss in another, and along all of it.</summary>
/// <remarks>
/// <para>
/// The first trials are evenly spread. Whenever as many have finished, by trial, as the population has members, the better half of old and new
/// survives: by front, then by room; configurations that break constraints come after those that do not. Children are made of the parents that
/// are known when they are asked for, so parallel trials never wait. One objective works as well: fronts are single values then.
/// </para>
/// <para>
/// Sources: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans. Evol.
/// Comput. 6 (2002) 182-197; simulated binary crossover, K. Deb and R. B. Agrawal, Complex Systems 9 (1995) 115-148, eq. 8-12; polynomial
/// mutation, K. Deb and M. Goyal (1996). Departures: the box mirrors; a category comes from either parent, and its mutation is any other one;
/// inactive parameters that become active are drawn if no parent has them.
/// </para>
/// <para>Cost: O(d) a suggestion, O(N log N) a generation for two objectives, O(m N²) at worst for more.</para>
/// </remarks>
internal sealed class Nsga2Searcher(Nsga2Options options) : ISearcher
{
    private const int Tries = 16;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("nsga2");
    private readonly TrialFold<Nsga2Population> _fold = new((axes, _) => new(axes, options.Population), (population, point) => population.Add(point));
    private readonly Lock _lock = new();

    public Nsga2Searcher()
        : this(new Nsga2Options())
    {
    }

    /// <inheritdoc/>
    public string Name => "nsga2";

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            Nsga2Population population = _fold.Read(history, context.Seed);
            SuggestionBatch batch = new(context, history);
            int[] free = Moves.Free(history.Axes);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(population, free, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private void SuggestOne(Nsga2Population population, int[] free, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        if (population.Parents.Length < 2)
        {
            if (!batch.TryAdd(_design.Point(seed, trial, population.Axes.Dimension), $"point {trial} of a Sobol sequence, to begin with"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        for (int i = 0; i < Tries; i++)
        {
            EvaluatedPoint first = Tournament(population, random);
            EvaluatedPoint second = Tournament(population, random);
            if (batch.TryAdd(Child(population.Axes, free, first, second, random), $"generation {population.Generation + 1}, child of trials {first.Trial} and {second.Trial}"))
            {
                return;
            }
        }

        batch.TryAddRandom(random, "random, because the children of the population were tried before");
    }

    /// <summary>The better of two by rank, then by room (the crowded comparison).</summary>
    private static EvaluatedPoint Tournament(Nsga2Population population, SeededRandom random)
    {
        Nsga2Member a = population.Parents[random.NextInt(population.Parents.Length)];
        Nsga2Member b = population.Parents[random.NextInt(population.Parents.Length)];
        bool isFirst = a.Rank != b.Rank ? a.Rank < b.Rank : a.Room >= b.Room;
        return (isFirst ? a : b).Point;
    }

    private double[] Child(SpaceAxes axes, int[] free, EvaluatedPoint first, EvaluatedPoint second, SeededRandom random)
    {
        bool isCrossed = random.NextUnit() < options.Crossover;
        double rate = options.Mutation ?? (1.0 / Math.Max(1, free.Length));
        double[] child = Moves.Complete(first.Unit, random);
        foreach (int i in free)
        {
            Axis axis = axes.Axes[i];
            if (isCrossed && !double.IsNaN(second.Unit[i]))
            {
                double own = double.IsNaN(first.Unit[i]) ? second.Unit[i] : first.Unit[i];
                child[i] = axis.IsNominal ? (random.NextUnit() < 0.5 ? own : second.Unit[i]) : Cross(own, second.Unit[i], random);
            }

            if (random.NextUnit() < rate)
            {
                child[i] = axis.IsNominal ? Moves.OtherLevel(axis, child[i], random) : Change(axis, child[i], random);
            }
        }

        return child;
    }

    /// <summary>One of the two children of SBX, which lie about their parents as far apart as these do.</summary>
    private double Cross(double a, double b, SeededRandom random)
    {
        double u = random.NextUnit();
        double exponent = 1 / (options.CrossoverEta + 1);
        double spread = u <= 0.5 ? Math.Pow(2 * u, exponent) : Math.Pow(1 / (2 * (1 - u)), exponent);
        bool isNearer = random.NextUnit() < 0.5;
        return Moves.Mirror(((a + b) / 2) + ((isNearer ? 0.5 : -0.5) * spread * (a - b)));
    }

    private double Change(Axis axis, double unit, SeededRandom random)
    {
        double u = random.NextUnit();
        double exponent = 1 / (options.MutationEta + 1);
        double step = u < 0.5 ? Math.Pow(2 * u, exponent) - 1 : 1 - Math.Pow(2 * (1 - u), exponent);
        if (axis.Levels > 1)
        {
            int level = axis.LevelOf(unit);
            step = Math.CopySign(Math.Max(Math.Abs(step), axis.Edges[level + 1] - axis.Edges[level]), step);
        }

        return Moves.Mirror(unit + step);
    }
}
