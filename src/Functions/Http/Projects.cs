using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>Projects by HTTP.</summary>
public sealed class Projects(ProjectService service, HpoOptions options, Answers answers)
{
    /// <summary>Creates or replaces a project's configurations.</summary>
    [Function("PutProject")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "projects/{name}")] HttpRequest request, string name, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "project.put", $"projects/{name}"), async call =>
        {
            JsonElement document = await RequestBody.ReadJsonAsync(request, cancellation);
            (ProjectRecord project, bool created) = await service.PutAsync(name, document, call.Caller, cancellation);
            return Answers.Json(View(project), created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        });

    /// <summary>Shows a project.</summary>
    [Function("GetProject")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "projects/{name}")] HttpRequest request, string name, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call => Answers.Json(View(await service.FindAsync(name, call.Caller, cancellation))));

    /// <summary>Stores a project's scripts, a zip archive.</summary>
    [Function("PutScripts")]
    public Task<IResult> PutScriptsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "projects/{name}/scripts")] HttpRequest request, string name, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "project.scripts", $"projects/{name}"), async call =>
        {
            ReadOnlyMemory<byte> archive = await RequestBody.ReadAsync(request, (long)options.MaxScriptsMiB << 20, cancellation);
            return Answers.Json(View(await service.PutScriptsAsync(name, archive, call.Caller, cancellation)));
        });

    private static ProjectView View(ProjectRecord project) => new(project.Name, project.Scripts, project.Configuration) { Owner = project.Owner?.Name };
}

/// <summary>A project as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scripts">Artifact with its scripts; null before they were uploaded.</param>
/// <param name="Configuration">The project document, as it was put.</param>
public sealed record ProjectView(string Name, string? Scripts, JsonElement Configuration)
{
    /// <summary>Who put it first; null where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }
}
