using System.Collections.Immutable;
using HpoServerless.Functions.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>What everybody may know about the service.</summary>
public sealed class Meta(HealthChecks health, Answers answers)
{
    private const string OpenApiResource = "HpoServerless.Functions.openapi.json";

    /// <summary>Whether the service can work: its storage answers. For those who decide whether to send it requests.</summary>
    [Function("GetHealth")]
    public Task<IResult> HealthAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request) =>
        answers.RunAsync(request, Act.ForAll, async _ =>
        {
            ImmutableArray<HealthCheckView> checks = await health.AskAsync();
            bool isWell = checks.All(check => check.Status == "ok");
            return Answers.Json(new HealthView(isWell ? "ok" : "failed", Version, checks), isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });

    /// <summary>Whether the process answers, whatever its storage does. For those who start it again where it does not: that would not mend its storage.</summary>
    [Function("GetLiveness")]
    public Task<IResult> LivenessAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health/live")] HttpRequest request) =>
        answers.RunAsync(request, Act.ForAll, _ => Task.FromResult(Answers.Json(new HealthView("ok", Version, []))));

    /// <summary>Describes the HTTP API.</summary>
    [Function("GetOpenApi")]
    public Task<IResult> OpenApiAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        answers.RunAsync(request, Act.ForAll, _ => Task.FromResult(Results.Stream(OpenDocument(), "application/json")));

    private static string Version { get; } = typeof(Meta).Assembly.GetName().Version!.ToString(3);

    private static Stream OpenDocument() => typeof(Meta).Assembly.GetManifestResourceStream(OpenApiResource)!;
}
