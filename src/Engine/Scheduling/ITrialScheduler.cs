using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Scheduling;

/// <summary>Says how far trials run: which go on, pause, resume or stop, and how far new ones may run.</summary>
/// <remarks>
/// <para>
/// <b>Contract</b> (checked for every implementation by <c>TrialSchedulerContract</c>):
/// <list type="number">
///   <item>Pure: the same context gives an equal step. No clock, no I/O, no ambient random source.</item>
///   <item>Resumable: <see cref="SchedulerStep.State"/> survives a JSON round trip and, with the context, is all it needs.</item>
///   <item>Answers: every trial in <see cref="SchedulerContext.Awaiting"/> gets exactly one decision.</item>
///   <item>Bounded: it resumes and starts at most <see cref="SchedulerContext.FreeSlots"/> trials in all, and never keeps every slot idle while trials could still be created or resumed.</item>
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
    /// <summary>Seed of the experiment.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Reports of all trials, in the order in which they were folded, those of this turn included.</summary>
    public required AppendOnlyList<ScheduledReport> Reports { get; init; }

    /// <summary>Running trials that reached the step at which they must be told how to go on, by ascending number.</summary>
    public ImmutableArray<AwaitingTrial> Awaiting { get; init; } = [];

    /// <summary>Numbers of the trials that run, those in <see cref="Awaiting"/> included.</summary>
    public required ImmutableSortedSet<int> Running { get; init; }

    /// <summary>Numbers of the trials that wait at a checkpoint.</summary>
    public required ImmutableSortedSet<int> Paused { get; init; }

    /// <summary>How many trials may be resumed and started now; at least 0.</summary>
    public required int FreeSlots { get; init; }

    /// <summary>How many trials may still be created; at least 0.</summary>
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
    /// <summary>A trial's report as a trial scheduler sees it.</summary>
    internal static ScheduledReport Of(int trial, Report report, ExperimentDefinition definition) =>
        new(trial, report.Step, report.Metrics[definition.Metric] is { } value && double.IsFinite(value) ? definition.Minimised(value) : null);
}

/// <summary>A trial that must be told how to go on.</summary>
/// <param name="Trial">Trial number.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Value">Its latest minimised value; null where that was missing or not finite.</param>
public readonly record struct AwaitingTrial(int Trial, long Step, double? Value);

/// <summary>Answer of one <see cref="ITrialScheduler.Decide"/> call.</summary>
/// <param name="Decisions">About existing trials: <see cref="DecisionAction.Continue"/>, <see cref="DecisionAction.Pause"/>, <see cref="DecisionAction.Resume"/> or <see cref="DecisionAction.Stop"/>, each with its reason.</param>
/// <param name="Starts">How far each new trial may run before it must ask (null: to its end), one entry a trial to be created.</param>
/// <param name="State">Opaque state for the next call, at most 64 KiB of UTF-8; null where nothing is remembered.</param>
public sealed record SchedulerStep(ImmutableArray<Decision> Decisions, ImmutableArray<long?> Starts, string? State = null);
