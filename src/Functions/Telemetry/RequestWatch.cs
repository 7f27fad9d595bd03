using System.Diagnostics;
using System.Diagnostics.Metrics;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HpoServerless.Functions.Telemetry;

/// <summary>A span and a measurement for each HTTP request, by route and never by address.</summary>
internal static class RequestWatch
{
    private static readonly Meter Meter = new(Spans.Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("http.server.request.duration", "s", "Answering a request");

    /// <summary>Answers a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isKnown">Whether it shows a key or token that holds: the trace of a stranger is not gone on with, because it would decide what is kept.</param>
    /// <param name="answer">Answers it.</param>
    public static Task<IResult> ObserveAsync(HttpRequest request, Func<bool> isKnown, Func<Task<IResult>> answer) =>
        Spans.Source.HasListeners() || Duration.Enabled ? MeasureAsync(request, isKnown, answer) : answer();

    /// <summary>Who calls, as far as the request says; nothing of it is checked here.</summary>
    internal static string CallerOf(HttpRequest request) =>
        request.Headers.ContainsKey(CallerReader.KeyHeader) || request.Query.ContainsKey(CallerReader.KeyQuery) ? "key"
        : PrincipalHeader.IsIn(request) ? "user"
        : request.Headers.ContainsKey(TrialGate.TokenHeader) || request.Headers.Authorization.Count > 0 ? "trial"
        : "anonymous";

    private static async Task<IResult> MeasureAsync(HttpRequest request, Func<bool> isKnown, Func<Task<IResult>> answer)
    {
        string route = (request.HttpContext.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimStart('/') ?? "other";
        string caller = CallerOf(request);
        ActivityContext parent = request.Headers.TraceParent.Count == 1 && isKnown() ? Spans.ParentOf(request.Headers.TraceParent.ToString()) : default;
        if (parent == default)
        {
            Activity.Current = null; // the server's own activity is recorded nowhere, and so would be ours
        }

        using Activity? span = Spans.Source.StartActivity($"{request.Method} {route}", ActivityKind.Server, parent);
        long began = Stopwatch.GetTimestamp();
        IResult result = await answer();
        int status = StatusOf(result);
        TagList tags = new() { { "http.request.method", request.Method }, { "http.route", route }, { "http.response.status_code", status }, { "hpo.caller", caller } };
        Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, tags);
        if (span is not null)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                span.SetTag(tag.Key, tag.Value);
            }

            span.SetStatus(status >= StatusCodes.Status500InternalServerError ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        }

        return result;
    }

    private static int StatusOf(IResult result) => result switch
    {
        Problem problem => problem.Status,
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };
}
