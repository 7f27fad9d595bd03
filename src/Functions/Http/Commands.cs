using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>Commands to running experiments by HTTP. They are taken down at once and carried out with the next turn.</summary>
public sealed class Commands(ExperimentService service, Answers answers)
{
    private const string By = "HTTP API";

    /// <summary>Ends an experiment: running trials are stopped, nothing new is started.</summary>
    [Function("StopExperiment")]
    public Task<IResult> StopAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/stop")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) => CommandAsync(request, client, id, ExperimentCommand.Stop, cancellation);

    /// <summary>Starts nothing new until the experiment is resumed.</summary>
    [Function("PauseExperiment")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/pause")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) => CommandAsync(request, client, id, ExperimentCommand.Pause, cancellation);

    /// <summary>Goes on after a pause.</summary>
    [Function("ResumeExperiment")]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/resume")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) => CommandAsync(request, client, id, ExperimentCommand.Resume, cancellation);

    private Task<IResult> CommandAsync(HttpRequest request, DurableTaskClient client, string id, ExperimentCommand command, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, $"experiment.{command.ToString().ToLowerInvariant()}", $"experiments/{id}"), async call =>
        {
            await service.RequireOwnAsync(id, call.Caller, cancellation);
            return Answers.Json(ExperimentView.Of(await service.CommandAsync(client, id, command, By, cancellation)), StatusCodes.Status202Accepted);
        });
}
