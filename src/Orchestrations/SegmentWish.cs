using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Whether anybody still waits for a segment.</summary>
internal static class SegmentWish
{
    /// <summary>Whether the trial runs and this is its present segment.</summary>
    public static bool Waits(this Trial trial, SegmentId segment) => trial.Status == TrialStatus.Running && trial.Segment == segment.Segment;

    /// <summary>The same by the store; false where the trial is gone.</summary>
    public static async Task<bool> IsWantedAsync(this ITrialStore trials, SegmentId segment, CancellationToken cancellation) =>
        await trials.FindAsync(segment.Experiment, segment.Trial, cancellation) is { } trial && trial.Waits(segment);
}
