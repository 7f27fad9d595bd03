using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using HpoServerless.Functions.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Http;

/// <summary>The border of the HTTP API: what is thrown inside leaves as a problem, and what nobody expected is logged with its trace id.</summary>
public sealed partial class Answers(CallerReader callers, AuditTrail trail, TrialTokens tokens, ILogger<Answers> logger)
{
    /// <summary>Answers a request of somebody who may do what it is about to do; others hear why not.</summary>
    internal Task<IResult> RunAsync(HttpRequest request, Act act, Func<Call, Task<IResult>> handle) =>
        RequestWatch.ObserveAsync(request, () => IsKnown(request, act), () => AnswerAsync(request, act, handle));

    private async Task<IResult> AnswerAsync(HttpRequest request, Act act, Func<Call, Task<IResult>> handle)
    {
        Call call = new(act);
        try
        {
            IResult answer = await AnswerAsync(request, act, call, handle);
            await NoteAsync(request, act, call, StatusOf(answer));
            return answer;
        }
        catch (OperationCanceledException)
        {
            await NoteAsync(request, act, call, StatusCodes.Status499ClientClosedRequest); // it may have been done all the same
            throw;
        }
    }

    private async Task NoteAsync(HttpRequest request, Act act, Call call, int status)
    {
        if (act.Name is { } name && (!act.IsRoutine || status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden))
        {
            await trail.NoteAsync(call.Caller, name, call.Target ?? "experiments", status, request.HttpContext.TraceIdentifier);
        }
    }

    /// <summary>Whether a request shows a key, a sign-in or a token that opens what it asks for.</summary>
    private bool IsKnown(HttpRequest request, Act act) => act.Right switch
    {
        Right.Open => false,
        Right.Trial => request.RouteValues["id"] is string id && request.RouteValues["n"] is string n && TrialGate.FindTrial(tokens, request, id, n) is not null,
        _ => callers.Refuse(request, act.Right, out _) is null,
    };

    /// <summary>A JSON answer.</summary>
    internal static IResult Json<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, EngineJson.Options, statusCode: status);

    private static int StatusOf(IResult answer) => answer switch
    {
        Problem problem => problem.Status,
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };

    private async Task<IResult> AnswerAsync(HttpRequest request, Act act, Call call, Func<Call, Task<IResult>> handle)
    {
        try
        {
            Problem? refusal = callers.Refuse(request, act.Right, out Caller caller);
            call.Caller = caller;
            return refusal ?? await handle(call);
        }
        catch (Exception error) when (error is not OperationCanceledException || !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            Problem problem = Problem.Of(error);
            if (problem.Status == StatusCodes.Status500InternalServerError)
            {
                LogUnexpected(error, Printable.Of(request.Method), Printable.Of(request.Path), request.HttpContext.TraceIdentifier);
            }
            else if (error is HpoException { Retry: RetryAdvice.Backoff } or OperationCanceledException)
            {
                LogUnavailable(error, Printable.Of(request.Method), Printable.Of(request.Path));
            }

            return problem;
        }
    }

    [LoggerMessage(1101, LogLevel.Error, "{Method} {Path} failed unexpectedly; trace {TraceId}")]
    private partial void LogUnexpected(Exception error, string method, string path, string traceId);

    [LoggerMessage(1102, LogLevel.Warning, "{Method} {Path} could not be served now")]
    private partial void LogUnavailable(Exception error, string method, string path);
}
