using System.Diagnostics;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;

namespace HpoServerless.Functions.Telemetry;

/// <summary>The spans of what the app is called for. Where nobody listens, there is none and it costs nothing.</summary>
internal static class Spans
{
    /// <summary>Name of the source of spans and of the meter.</summary>
    public const string Name = "HpoServerless.Functions";

    public static readonly ActivitySource Source = new(Name);

    /// <summary>About an experiment.</summary>
    public static Activity? OfExperiment(string name, string id) => Source.StartActivity(name)?.SetTag("hpo.experiment", id);

    /// <summary>About a segment, in the trace of what started it.</summary>
    public static Activity? OfRun(string name, SegmentRun run) =>
        Of(Source.StartActivity(name, ActivityKind.Internal, ParentOf(run.Trace)), run.Segment)?.SetTag("hpo.attempt", run.Attempt);

    /// <summary>About a message of the queue, in the trace of what sent it.</summary>
    public static Activity? OfMessage(string name, TrialMessage message) =>
        Of(Source.StartActivity(name, ActivityKind.Consumer, ParentOf(message.Trace)), message.Segment)?.SetTag("hpo.message", message.Kind.ToString());

    /// <summary>The span of that W3C name; the one under way where there is no name.</summary>
    public static ActivityContext ParentOf(string? trace) =>
        trace is not null && ActivityContext.TryParse(trace, traceState: null, isRemote: true, out ActivityContext parent) ? parent : default;

    /// <summary>Waits for the work of a span; where it fails, the span says with what kind of error.</summary>
    public static async Task<T> FollowAsync<T>(this Activity? span, Task<T> work)
    {
        await FollowAsync(span, (Task)work);
        return await work;
    }

    /// <inheritdoc cref="FollowAsync{T}"/>
    public static async Task FollowAsync(this Activity? span, Task work)
    {
        try
        {
            await work;
        }
        catch (Exception error) when (Mark(span, error))
        {
            throw; // never: the filter only looks
        }
    }

    private static Activity? Of(Activity? span, SegmentId segment) =>
        span?.SetTag("hpo.experiment", segment.Experiment).SetTag("hpo.trial", segment.Trial).SetTag("hpo.segment", segment.Segment);

    private static bool Mark(Activity? span, Exception error)
    {
        span?.SetTag("error.type", error.GetType().Name).SetStatus(ActivityStatusCode.Error);
        return false;
    }
}
