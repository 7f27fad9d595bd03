using System.Collections.Immutable;
using HpoServerless.Engine.Search.MultiObjective;

namespace HpoServerless.Engine.Experiments;

/// <summary>Keeps the best trial and the Pareto front up to date, one completed trial at a time.</summary>
internal static class Standings
{
    /// <summary>The summary after one more trial was completed.</summary>
    /// <param name="summary">The summary before.</param>
    /// <param name="trial">The trial.</param>
    /// <param name="measured">What it came to.</param>
    /// <param name="trials">All trials; trial n at index n - 1.</param>
    /// <param name="definition">The experiment.</param>
    /// <remarks>Cost: O(1), and with several objectives O(front).</remarks>
    public static ExperimentSummary With(ExperimentSummary summary, Trial trial, Measurement measured, ImmutableList<Trial> trials, ExperimentDefinition definition)
    {
        BestTrial candidate = BestOf(trial, measured, definition);
        bool isBest = summary.Best is not { } best || Compare(candidate, best, definition) < 0;
        return summary with
        {
            Best = isBest ? candidate : summary.Best,
            Front = definition.Objectives.Length > 1 ? Extended(summary.Front, trial, measured, trials, definition) : null,
        };
    }

    /// <summary>A trial as the best one.</summary>
    public static BestTrial BestOf(Trial trial, Measurement measured, ExperimentDefinition definition) =>
        new(trial.Number, definition.Minimised(measured.Objectives[0]), trial.Configuration) { Violation = measured.Violation is > 0 and var violation ? violation : null };

    /// <summary>Where no trial was completed, the best of those that got furthest stands in; null where there is none.</summary>
    public static BestTrial? BestOfStopped(ImmutableList<Trial> trials, ExperimentDefinition definition) => trials.Where(static trial => trial.Status == TrialStatus.Stopped)
        .Select(trial => (Trial: trial, Measured: Measurement.LatestOf(trial, definition)!)).Where(static stopped => stopped.Measured is not null)
        .OrderByDescending(static stopped => stopped.Trial.LastStep).ThenBy(static stopped => stopped.Measured.Violation)
        .ThenBy(static stopped => stopped.Measured.Objectives[0]).ThenBy(static stopped => stopped.Trial.Number)
        .Select(stopped => BestOf(stopped.Trial, stopped.Measured, definition)).FirstOrDefault();

    /// <summary>Less violation is better, then a better value, then the smaller number.</summary>
    private static int Compare(BestTrial one, BestTrial other, ExperimentDefinition definition) =>
        ((one.Violation ?? 0).CompareTo(other.Violation ?? 0), definition.Minimised(one.Value).CompareTo(definition.Minimised(other.Value))) switch
        {
            (0, 0) => one.Trial.CompareTo(other.Trial),
            (0, var byValue) => byValue,
            (var byViolation, _) => byViolation,
        };

    private static FrontSummary Extended(FrontSummary? front, Trial trial, Measurement measured, ImmutableList<Trial> trials, ExperimentDefinition definition)
    {
        ImmutableArray<Objective> objectives = definition.Objectives;
        ImmutableArray<ValueRange> ranges = [.. objectives.Select((objective, i) => Widened(front?.Ranges[i], objective.Minimised(measured.Objectives[i])))];
        ImmutableArray<int> members = front?.Trials ?? [];
        return new(measured.Violation > 0 ? members : WithMember(members, trial.Number, measured, trials, definition), ranges);
    }

    private static ImmutableArray<int> WithMember(ImmutableArray<int> members, int number, Measurement measured, ImmutableList<Trial> trials, ExperimentDefinition definition)
    {
        ImmutableArray<int>.Builder stay = ImmutableArray.CreateBuilder<int>(members.Length + 1);
        foreach (int member in members)
        {
            ReadOnlySpan<double> values = Measurement.OfCompleted(trials[member - 1], definition).Objectives.AsSpan();
            if (ParetoFront.Dominates(values, measured.Objectives.AsSpan()))
            {
                return members;
            }

            if (!ParetoFront.Dominates(measured.Objectives.AsSpan(), values))
            {
                stay.Add(member);
            }
        }

        stay.Add(number);
        stay.Sort();
        return stay.DrainToImmutable();
    }

    private static ValueRange Widened(ValueRange? range, double value) =>
        range is null ? new(value, value) : new(Math.Min(range.Lowest, value), Math.Max(range.Highest, value));
}
