using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Functions.Http;

/// <summary>An error answer: <c>application/problem+json</c> as RFC 9457 has it, with all faults under <c>errors</c>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Stable name of the kind of error.</param>
/// <param name="Title">The kind of error in words.</param>
/// <param name="Detail">What happened this time; null where that is nobody's business.</param>
public sealed record Problem(int Status, string Type, string Title, string? Detail = null) : IResult
{
    private const string TypePrefix = "urn:hpo-serverless:";
    private const int RetryAfterSeconds = 5;

    /// <summary>Everything that is wrong with the input; empty where the error is another.</summary>
    public ImmutableArray<Fault> Errors { get; init; } = [];

    /// <summary>The one mapping from errors to HTTP.</summary>
    public static Problem Of(Exception error) => error switch
    {
        InvalidInputException invalid => new(400, "invalid-input", "The input is not valid", invalid.Message) { Errors = invalid.Faults },
        UnsupportedSpaceException unsupported => new(400, "unsupported-space", "The algorithm cannot search this space", unsupported.Message),
        NotFoundException missing => new(404, "not-found", "There is no such thing", missing.Message),
        ForbiddenException forbidden => Forbidden(forbidden.Message),
        QuotaExceededException quota => new(429, "quota-exceeded", "A quota is used up", quota.Message) { Errors = quota.Faults },
        ConflictException conflict => new(409, "conflict", "The request does not fit the present state", conflict.Message),
        UnavailableException unavailable => new(503, "unavailable", "Something that is needed does not answer", $"{unavailable.Service} does not answer"),
        OperationCanceledException => new(503, "unavailable", "Something that is needed does not answer", "the service is about to stop, or waited for too long: send the request again"),
        BadHttpRequestException bad => new(bad.StatusCode, "bad-request", "The request is not acceptable", bad.Message),
        _ => new(500, "unexpected", "Something went wrong"),
    };

    /// <summary>The caller did not prove who it is.</summary>
    public static Problem Unauthorized(string detail) => new(401, "unauthorized", "A key or a token is needed", detail);

    /// <summary>The caller is known and may not do this.</summary>
    public static Problem Forbidden(string detail) => new(403, "forbidden", "You may not do this", detail);

    /// <summary>What was asked for is not there.</summary>
    public static Problem NotFound(string detail) => new(404, "not-found", "There is no such thing", detail);

    /// <summary>Nobody wants this any more, and nobody will again.</summary>
    public static Problem Gone(string detail) => new(410, "gone", "Nobody waits for this any more", detail);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfterSeconds.ToString();
        }
        else if (Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        Document document = new(TypePrefix + Type, Title, Status, Detail, Errors.IsEmpty ? null : Errors, httpContext.TraceIdentifier);
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(document, EngineJson.Options), httpContext.RequestAborted);
    }

    private sealed record Document(string Type, string Title, int Status, string? Detail, ImmutableArray<Fault>? Errors, string TraceId);
}
