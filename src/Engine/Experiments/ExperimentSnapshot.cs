using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>A state written down, so that the turns before it need not be folded again. Restoring it gives the very state, and so the very decisions.</summary>
public sealed record ExperimentSnapshot
{
    /// <summary>Status, counts, best trial and the number of the last turn.</summary>
    public required ExperimentSummary Summary { get; init; }

    /// <summary>All trials by ascending number.</summary>
    public required ImmutableArray<Trial> Trials { get; init; }

    /// <summary>Numbers of the ended trials in the order in which they were folded.</summary>
    public required ImmutableArray<int> EndOrder { get; init; }

    /// <summary>For every report, in the order in which they were folded, the number of its trial.</summary>
    public required ImmutableArray<int> ReportOrder { get; init; }

    /// <summary>See <see cref="ExperimentState.SearcherState"/>.</summary>
    public string? SearcherState { get; init; }

    /// <summary>See <see cref="ExperimentState.SchedulerState"/>.</summary>
    public string? SchedulerState { get; init; }

    /// <summary>See <see cref="ExperimentState.CompletedSinceImprovement"/>.</summary>
    public int CompletedSinceImprovement { get; init; }

    /// <summary>See <see cref="ExperimentState.PlateauReference"/>.</summary>
    public double? PlateauReference { get; init; }

    /// <summary>See <see cref="ExperimentState.Slots"/>.</summary>
    public ImmutableArray<SiteSlots> Slots { get; init; } = [];

    /// <summary>See <see cref="ExperimentState.Usage"/>.</summary>
    public ImmutableSortedDictionary<string, SiteUsage> Usage { get; init; } = ImmutableSortedDictionary<string, SiteUsage>.Empty;

    /// <summary>See <see cref="ExperimentState.Downtime"/>.</summary>
    public TimeSpan Downtime { get; init; }

    /// <summary>See <see cref="ExperimentState.EndsAs"/>.</summary>
    public ExperimentStatus? EndsAs { get; init; }

    /// <summary>Writes a state down.</summary>
    public static ExperimentSnapshot Of(ExperimentState state) => new()
    {
        Summary = state.Summary,
        Trials = [.. state.Trials],
        EndOrder = [.. state.Observations.Select(o => o.Trial).Where(number => number > 0)],
        ReportOrder = [.. state.ReportOrder.Select(place => place.Trial)],
        SearcherState = state.SearcherState,
        SchedulerState = state.SchedulerState,
        CompletedSinceImprovement = state.CompletedSinceImprovement,
        PlateauReference = state.PlateauReference,
        Slots = state.Slots,
        Usage = state.Usage,
        Downtime = state.Downtime,
        EndsAs = state.EndsAs,
    };

    /// <summary>The state that was written down.</summary>
    /// <param name="definition">The experiment's definition, which snapshots do not repeat.</param>
    public ExperimentState Restore(ExperimentDefinition definition)
    {
        ImmutableArray<Trial> trials = Trials;
        AppendOnlyList<Observation> observations = WarmStart.ObservationsOf(definition);
        foreach (int number in EndOrder)
        {
            observations = observations.Add(trials[number - 1].ToObservation(definition));
        }

        AppendOnlyList<ReportPlace> order = [];
        int[] taken = new int[trials.Length];
        foreach (int number in ReportOrder)
        {
            order = order.Add(new(number, taken[number - 1]++));
        }

        return new()
        {
            Definition = definition,
            Summary = Summary,
            Trials = [.. trials],
            Running = [.. trials.Where(t => t.Status == TrialStatus.Running).Select(t => t.Number)],
            Paused = [.. trials.Where(t => t.Status == TrialStatus.Paused).Select(t => t.Number)],
            Observations = observations,
            ReportOrder = order,
            SearcherState = SearcherState,
            SchedulerState = SchedulerState,
            CompletedSinceImprovement = CompletedSinceImprovement,
            PlateauReference = PlateauReference,
            Slots = Slots,
            Usage = Usage.WithComparers(StringComparer.Ordinal),
            Downtime = Downtime,
            EndsAs = EndsAs,
        };
    }
}
