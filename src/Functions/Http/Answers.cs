using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Http;

/// <summary>The border of the HTTP API: what is thrown inside leaves as a problem, and what nobody expected is logged with its trace id.</summary>
public sealed partial class Answers(CallerReader callers, AuditTrail trail, ILogger<Answers> logger)
{
    /// <summary>Answers a request of somebody who may do what it is about to do; others hear why not.</summary>
    internal Task<IResult> RunAsync(HttpRequest request, Act act, Func<Call, Task<IResult>> handle) =>
        RequestWatch.ObserveAsync(request, () => AnswerAsync(request, act, handle));

    private async Task<IResult> AnswerAsync(HttpRequest request, Act act, Func<Call, Task<IResult>> handle)
    {
        Call call = new(act);
        IResult answer = await AnswerAsync(request, act, call, handle);
        if (act.Name is { } name)
        {
            await trail.NoteAsync(call.Caller, name, call.Target ?? "experiments", StatusOf(answer), request.HttpContext.TraceIdentifier);
        }

        return answer;
    }

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
            else if (error is HpoException { Retry: RetryAdvice.Backoff })
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
