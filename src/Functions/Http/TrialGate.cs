using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Functions.Http;

/// <summary>Lets a trial in by its own token, and nobody else.</summary>
public sealed class TrialGate(TrialTokens tokens, WorkBoards boards)
{
    /// <summary>Header in which workers show the lease of the segment that they speak for.</summary>
    public const string LeaseHeader = "x-hpo-lease";

    /// <summary>Header with the token of a trial. <c>Authorization: Bearer</c> does as well, where no sign-in before the app looks at that.</summary>
    public const string TokenHeader = "x-hpo-token";

    private const string Scheme = "Bearer ";

    /// <summary>The answer to whoever is not let in; the same whether the trial exists or not.</summary>
    internal static Problem Refused() => Problem.Unauthorized("this needs the token of this very trial in the header x-hpo-token, as its worker was given it");

    /// <summary>The answer where nobody waits for the segment (any more).</summary>
    internal static Problem Unwanted(SegmentId segment) =>
        Problem.Gone($"nobody waits for segment {segment.Segment} of trial {segment.Trial} of experiment {segment.Experiment}");

    /// <summary>The trial's number where the request has its token; otherwise null, whether the trial exists or not.</summary>
    internal int? FindTrial(HttpRequest request, string id, string n) => FindTrial(tokens, request, id, n);

    /// <inheritdoc cref="FindTrial(HttpRequest, string, string)"/>
    internal static int? FindTrial(TrialTokens tokens, HttpRequest request, string id, string n) =>
        TokenOf(request) is { } token && ExperimentService.TryTrialNumber(n, out int number) && tokens.IsValid(token, id, number) ? number : null;

    private static string? TokenOf(HttpRequest request)
    {
        if (request.Headers.TryGetValue(TokenHeader, out var token))
        {
            return token.ToString();
        }

        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    /// <summary>The lease that a request shows; null for none.</summary>
    internal static string? LeaseOf(HttpRequest request) => request.Headers[LeaseHeader].ToString() is { Length: > 0 } lease ? lease : null;

    /// <summary>Answers a request about a segment of a trial that is let in; not one whose lease is over.</summary>
    internal async Task<IResult> OfSegmentAsync(HttpRequest request, string id, string n, string s, Func<SegmentId, Task<IResult>> handle) =>
        FindTrial(request, id, n) is not { } trial ? Refused()
        : !int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int segment) ? Problem.Gone($"trial {n} of experiment {id} has no segment \"{s}\"")
        : await boards.HoldsAsync(new(id, trial, segment), LeaseOf(request), request.HttpContext.RequestAborted) ? await handle(new(id, trial, segment))
        : Unwanted(new(id, trial, segment));
}
