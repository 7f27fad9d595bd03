using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Says how far trials run: which go on, pause, resume or stop, and how far new ones may run.</summary>
/// <remarks>
/// <para>
/// <b>Contract</b> (checked for every implementation by <c>TrialSchedulerContract</c>):
/// <list type="number">
///   <item>Pure: the same context gives an equal step. No clock, no I/O, no ambient random source.</item>
///   <item>Resumable: <see cref="SchedulerStep.State"/> survives a JSON round trip and, with the context, is all it needs.</item>
///   <item>Answers: every trial in <see cref="SchedulerContext.Awaiting"/> gets exactly one decision.</item>
///   <item>Bounded: it resumes and starts at most <see cref="SchedulerContext.FreeSlots"/> trials in all, and decides about at most <see cref="SchedulerContext.ChangeableTrials"/> that do not ask.</item>
///   <item>Ends: while it has a use for further trials and slots are free, it uses them; when nothing runs and it starts and resumes nothing, the experiment is over.</item>
///   <item>Pauses and exploits only trials that ask, or exploits paused ones; the donor of an exploit has a checkpoint, whose step the trial goes on from.</item>
/// </list>
/// </para>
/// <para>Values are always minimised here; the experiment flips the sign of maximised metrics before it calls.</para>
/// </remarks>
public interface ITrialScheduler
{
    /// <summary>Name in experiment files and in the registry.</summary>
    string Name { get; }

    /// <summary>Decides about the trials that ask, and how free slots are used.</summary>
    SchedulerStep Decide(SchedulerContext context);
}

/// <summary>Everything a trial scheduler may look at.</summary>
public sealed record SchedulerContext
{
    /// <summary>What is searched.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>Number of metrics that are optimised.</summary>
    public int Objectives { get; init; } = 1;

    /// <summary>All trials, by number.</summary>
    public ScheduledTrials Trials { get; init; }

    /// <summary>Seed of the experiment.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Reports of all trials, in the order in which they were folded, those of this turn included.</summary>
    public required ScheduledReports Reports { get; init; }

    /// <summary>Running trials that reached the step at which they must be told how to go on, by ascending number.</summary>
    public ImmutableArray<AwaitingTrial> Awaiting { get; init; } = [];

    /// <summary>Numbers of the trials that run, those in <see cref="Awaiting"/> included.</summary>
    public required ImmutableSortedSet<int> Running { get; init; }

    /// <summary>Numbers of the trials that wait at a checkpoint.</summary>
    public required ImmutableSortedSet<int> Paused { get; init; }

    /// <summary>How many trials may be resumed and started now; at least 0.</summary>
    public required int FreeSlots { get; init; }

    /// <summary>How many trials that do not ask may be decided about now: resumed, stopped, exploited, or started; at least <see cref="FreeSlots"/>.</summary>
    public int ChangeableTrials { get; init; } = int.MaxValue;

    /// <summary>How many trials may still be created; at least 0, and 0 once the search has no more to propose. It may propose fewer than are started: <see cref="NextTrial"/> of the next call tells.</summary>
    public required int CreatableTrials { get; init; }

    /// <summary>Number that the next new trial gets.</summary>
    public required int NextTrial { get; init; }

    /// <summary>State of the previous step; null on the first call of an experiment.</summary>
    public string? State { get; init; }

    /// <summary>In whose sign reasons name values: people read what the trial reported, also where larger is better.</summary>
    public OptimizationMode Mode { get; init; } = OptimizationMode.Min;
}

/// <summary>One report as a trial scheduler sees it.</summary>
/// <param name="Trial">Trial number.</param>
/// <param name="Step">How far the trial is, from 1.</param>
/// <param name="Value">Minimised value; null where it was missing or not finite.</param>
public readonly record struct ScheduledReport(int Trial, long Step, double? Value)
{
    /// <summary>All minimised values, shape [metrics]; default where the experiment has one metric, or one of them was missing or not finite.</summary>
    public ImmutableArray<double> Objectives { get; init; }

    /// <summary>Whether it does not have every metric that is optimised; false where a value is there but not finite.</summary>
    public bool Lacks { get; init; }

    /// <summary>A trial's report as a trial scheduler sees it.</summary>
    internal static ScheduledReport Of(int trial, ReportSeries reports, int row, ExperimentDefinition definition)
    {
        double? value = reports.ValueAt(row, definition.Metric);
        bool isPlain = definition.Objectives.Length < 2;
        return new(trial, reports.StepAt(row), value is { } reported && double.IsFinite(reported) ? definition.Minimised(reported) : null)
        {
            Objectives = isPlain ? default : Measurement.ObjectivesOf(reports[row].Metrics, definition) ?? default,
            Lacks = isPlain ? value is null : definition.Objectives.Any(objective => reports.ValueAt(row, objective.Name) is null),
        };
    }
}

/// <summary>A trial that must be told how to go on.</summary>
/// <param name="Trial">Trial number.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Value">Its latest minimised value; null where that was missing or not finite.</param>
public readonly record struct AwaitingTrial(int Trial, long Step, double? Value);

/// <summary>Answer of one <see cref="ITrialScheduler.Decide"/> call.</summary>
/// <param name="Decisions">
/// About existing trials: <see cref="DecisionAction.Continue"/>, <see cref="DecisionAction.Pause"/>, <see cref="DecisionAction.Resume"/>, <see cref="DecisionAction.Exploit"/>,
/// <see cref="DecisionAction.Stop"/> or <see cref="DecisionAction.Complete"/>, each with its reason.
/// </param>
/// <param name="Starts">How far each new trial may run before it must ask, one entry a trial to be created.</param>
/// <param name="State">Opaque state for the next call, at most 64 KiB of UTF-8; null where nothing is remembered.</param>
public sealed record SchedulerStep(ImmutableArray<Decision> Decisions, ImmutableArray<RunLimit> Starts, string? State = null)
{
    /// <summary>Whether it had more to decide than <see cref="SchedulerContext.ChangeableTrials"/> allowed.</summary>
    public bool More { get; init; }
}

/// <summary>How far a trial may run.</summary>
/// <param name="Until">Step at which it must ask how to go on; null for never.</param>
/// <param name="Budget">What a program that takes a budget is told; null for <paramref name="Until"/>.</param>
public readonly record struct RunLimit(long? Until, double? Budget = null);
