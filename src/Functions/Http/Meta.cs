using HpoServerless.Engine.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>What everybody may know about the service.</summary>
public sealed class Meta(IExperimentStore experiments, Answers answers)
{
    private const string OpenApiResource = "HpoServerless.Functions.openapi.json";

    /// <summary>Whether the service can work: its storage answers.</summary>
    [Function("GetHealth")]
    public Task<IResult> HealthAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForAll, async _ =>
        {
            await experiments.ListAsync(new(Size: 1), cancellation);
            return Answers.Json(new HealthView("ok", Version));
        });

    /// <summary>Describes the HTTP API.</summary>
    [Function("GetOpenApi")]
    public Task<IResult> OpenApiAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        answers.RunAsync(request, Act.ForAll, _ => Task.FromResult(Results.Stream(OpenDocument(), "application/json")));

    private static string Version { get; } = typeof(Meta).Assembly.GetName().Version!.ToString(3);

    private static Stream OpenDocument() => typeof(Meta).Assembly.GetManifestResourceStream(OpenApiResource)!;
}

/// <summary>Answer of a service that works.</summary>
/// <param name="Status">Always ok; a service that does not work answers 503.</param>
/// <param name="Version">Version of the service.</param>
public sealed record HealthView(string Status, string Version);
