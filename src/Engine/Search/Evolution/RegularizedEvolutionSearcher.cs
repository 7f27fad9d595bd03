using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution;

/// <summary>Regularized evolution: changes one parameter of the best of a few recent configurations; the oldest die, not the worst.</summary>
/// <remarks>
/// <para>
/// The population is the last trials that finished, by trial; nothing else is remembered. Because even the best die, a value that was good by
/// luck is not kept for ever: made for noisy objectives and for spaces of categories, conditional ones included. A category that is changed
/// makes other parameters active: those are drawn.
/// </para>
/// <para>
/// Source: E. Real, A. Aggarwal, Y. Huang, Q. V. Le, "Regularized evolution for image classifier architecture search", AAAI 2019, 4780-4789,
/// algorithm 1. Departures: numbers, of which the paper has none, take a normal step, or every fourth time any value; small populations by
/// default, because trials are dear; failed trials die at once.
/// </para>
/// <para>Cost: O(d + population) a suggestion.</para>
/// </remarks>
internal sealed class RegularizedEvolutionSearcher(int population = RegularizedEvolutionSearcher.DefaultPopulation, int sample = RegularizedEvolutionSearcher.DefaultSample) : ISearcher
{
    private const int DefaultPopulation = 20;
    private const int DefaultSample = 14;
    private const double AnyValue = 0.25;
    private const double StepSize = 0.1;
    private const int Tries = 24;

    private readonly HistoryMemo _memo = new();
    private readonly InitialDesign _design = new("regularized-evolution");
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public string Name => "regularized-evolution";

    /// <summary>Makes the searcher of its options.</summary>
    public static RegularizedEvolutionSearcher Read(OptionReader options)
    {
        int population = PopulationOptions.Read(options, "popsize", least: 2);
        population = population > 0 ? population : DefaultPopulation;
        int sample = (int)options.Integer("sample_size", 0, v => v is >= 0 and <= PopulationOptions.Most, $"must be a whole number from 0 (the algorithm's choice) to {PopulationOptions.Most}");
        if (sample > population)
        {
            options.Fault("sample_size", $"{sample}", $"must be at most population_size, which is {population}");
        }

        return new(population, sample > 0 ? sample : Math.Min(DefaultSample, population));
    }

    /// <inheritdoc/>
    public SearchStep Suggest(SearchContext context, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            SearchHistory history = _memo.Read(context);
            SuggestionBatch batch = new(context, history);
            List<EvaluatedPoint> alive = Alive(history);
            int[] free = Moves.Free(history.Axes);
            while (batch.Count < count && !batch.IsExhausted)
            {
                SuggestOne(history.Axes, free, alive, batch, context.Seed);
            }

            return batch.ToStep();
        }
    }

    private List<EvaluatedPoint> Alive(SearchHistory history)
    {
        List<EvaluatedPoint> alive = [];
        for (int i = history.ByTrial.Count - 1; i >= 0 && alive.Count < population; i--)
        {
            if (history.ByTrial[i].Value is not null)
            {
                alive.Add(history.ByTrial[i]);
            }
        }

        return alive;
    }

    private void SuggestOne(SpaceAxes axes, int[] free, List<EvaluatedPoint> alive, SuggestionBatch batch, ulong seed)
    {
        int trial = batch.NextTrial;
        SeededRandom random = SeededRandom.For(seed, Name, trial);
        if (alive.Count == 0 || (trial <= population && alive.Count < population))
        {
            if (!batch.TryAdd(_design.Point(seed, trial, axes.Dimension), $"member {trial} of the first population, from a Sobol sequence"))
            {
                batch.TryAddRandom(random, "random, because that point of the Sobol sequence was tried before");
            }

            return;
        }

        for (int i = 0; i < Tries; i++)
        {
            EvaluatedPoint parent = Merit.Best(Enumerable.Range(0, sample).Select(_ => alive[random.NextInt(alive.Count)]))!;
            (double[] child, string changed) = Mutate(axes, free, parent, random);
            if (batch.TryAdd(child, $"trial {parent.Trial} with another {changed}"))
            {
                return;
            }
        }

        batch.TryAddRandom(random, "random, because the neighbours of the population were tried before");
    }

    private static (double[] Child, string Changed) Mutate(SpaceAxes axes, int[] free, EvaluatedPoint parent, SeededRandom random)
    {
        double[] child = Moves.Complete(parent.Unit, random);
        int[] active = [.. free.Where(i => !double.IsNaN(parent.Unit[i]))];
        if (active.Length == 0)
        {
            return (child, "draw");
        }

        int chosen = active[random.NextInt(active.Length)];
        Axis axis = axes.Axes[chosen];
        child[chosen] = axis.IsNominal ? Moves.OtherLevel(axis, child[chosen], random)
            : random.NextUnit() < AnyValue ? random.NextUnit()
            : Moves.Step(axis, child[chosen], StepSize, random);
        return (child, axis.Parameter.Name);
    }
}
