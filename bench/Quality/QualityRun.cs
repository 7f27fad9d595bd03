using System.Diagnostics;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>One experiment: a searcher on a problem, as the engine would ask it, without the engine.</summary>
internal sealed class QualityRun(Problem problem, ISearcher searcher, ulong seed, int evaluations, int parallel)
{
    /// <summary>After how many evaluations the regret is noted.</summary>
    public static readonly int[] Checkpoints = [10, 25, 50, 100, 200];

    private readonly SeededRandom _order = SeededRandom.For(seed, "bench order");
    private readonly HashSet<Configuration> _seen = [];
    private readonly List<PendingTrial> _pending = [];
    private readonly Dictionary<int, double> _regrets = [];
    private AppendOnlyList<Observation> _observations = [];
    private string? _state;
    private int _started;
    private int _duplicates;
    private double _bestSeen = double.PositiveInfinity;
    private double _regret = double.PositiveInfinity;

    /// <returns>What became of it. Keeps <c>parallel</c> trials running; they finish in a random order that the seed decides.</returns>
    /// <exception cref="InvalidOperationException">A suggestion lies outside the space.</exception>
    public QualityOutcome Run()
    {
        Stopwatch watch = new();
        bool isOpen = true;
        while (true)
        {
            int wanted = Math.Min(parallel - _pending.Count, evaluations - _started);
            if (isOpen && wanted > 0)
            {
                watch.Start();
                SearchStep step = searcher.Suggest(Context(), wanted);
                watch.Stop();
                Start(step);
                isOpen = step.Status != SearchStatus.Exhausted;
            }

            if (_pending.Count == 0)
            {
                break;
            }

            FinishOne();
        }

        return new(_regrets, watch.Elapsed.TotalMilliseconds / Math.Max(1, _observations.Count), _observations.Count, _duplicates);
    }

    private SearchContext Context() => new()
    {
        Space = problem.Space,
        Seed = seed,
        NextTrial = _started + 1,
        TotalTrials = evaluations,
        Parallelism = parallel,
        Observations = _observations,
        Pending = [.. _pending],
        State = _state,
    };

    private void Start(SearchStep step)
    {
        _state = step.State;
        foreach (Configuration suggestion in step.Suggestions)
        {
            if (!problem.Space.Contains(suggestion))
            {
                throw new InvalidOperationException($"{searcher.Name} proposed {suggestion}, which lies outside the space");
            }

            _duplicates += _seen.Add(suggestion) ? 0 : 1;
            _pending.Add(new(++_started, suggestion));
        }
    }

    private void FinishOne()
    {
        int which = parallel == 1 ? 0 : _order.NextInt(_pending.Count);
        (int trial, Configuration configuration) = _pending[which];
        _pending.RemoveAt(which);
        double? truth = problem.Truth(configuration);
        double? seen = problem.Noise > 0 ? truth + (problem.Noise * SeededRandom.For(seed, "bench noise", trial).NextGaussian()) : truth;
        _observations = _observations.Add(new(trial, configuration, seen));
        if (seen < _bestSeen)
        {
            (_bestSeen, _regret) = (seen.Value, truth!.Value - problem.Optimum);
        }

        if (Checkpoints.Contains(_observations.Count))
        {
            _regrets[_observations.Count] = _regret;
        }
    }
}

/// <summary>What became of one experiment.</summary>
/// <param name="Regrets">Of the configuration with the best observed value, without noise, by evaluations so far; infinite while all failed.</param>
/// <param name="Milliseconds">Time of the searcher a trial.</param>
/// <param name="Evaluations">Trials it finished: fewer than asked for where the space was used up.</param>
/// <param name="Duplicates">Configurations proposed although they had been proposed before.</param>
internal sealed record QualityOutcome(IReadOnlyDictionary<int, double> Regrets, double Milliseconds, int Evaluations, int Duplicates);
