using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Ends the experiment when its time is used up. Time during which the host was down does not count.</summary>
internal sealed class TimeStopper : IStopper
{
    public StopVerdict? Check(ExperimentState state, DateTimeOffset now) =>
        state.Definition.Stopping.Time is { } limit && now >= Deadline(state)
            ? new(ExperimentStatus.Succeeded, $"the time limit of {limit.TotalSeconds:0.###} s was reached")
            : null;

    public DateTimeOffset? Deadline(ExperimentState state) =>
        state.EndsAs is null && state.Definition.Stopping.Time is { } limit ? state.Summary.CreatedAt + limit + state.Downtime : null;
}
