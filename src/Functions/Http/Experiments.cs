using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>Experiments by HTTP: start, list, show, remove.</summary>
public sealed class Experiments(ExperimentService service, ProjectService projects, ITrialStore trials, TimeProvider time, Answers answers)
{
    /// <summary>Starts an experiment under a new id.</summary>
    [Function("PostExperiment")]
    public Task<IResult> PostAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "experiment.start"), async call =>
        {
            ExperimentRequest wanted = ExperimentRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            string id = ExperimentIds.Create(wanted.Project, time.GetUtcNow());
            call.Target = $"experiments/{id}";
            return await StartAsync(request, client, id, wanted, call.Caller, cancellation);
        });

    /// <summary>Starts an experiment under an id that the caller chose. Doing it twice is doing it once.</summary>
    [Function("PutExperiment")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "experiment.start", $"experiments/{id}"), async call =>
        {
            ExperimentIds.Require(id);
            ExperimentRequest wanted = ExperimentRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await StartAsync(request, client, id, wanted, call.Caller, cancellation);
        });

    /// <summary>Lists experiments, newest first.</summary>
    [Function("ListExperiments")]
    public Task<IResult> ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments")] HttpRequest request, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call => new PageAnswer<ExperimentRecord, ExperimentView>(
            await service.ListAsync(PageQuery.Read(request), call.Caller, cancellation), ExperimentView.Of));

    /// <summary>Shows an experiment.</summary>
    [Function("GetExperiment")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}")] HttpRequest request, string id, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call => Answers.Json(await ShownAsync(await service.FindAsync(id, call.Caller, cancellation), cancellation)));

    /// <summary>Removes an ended experiment.</summary>
    [Function("DeleteExperiment")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "experiments/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Operate, "experiment.delete", $"experiments/{id}"), async _ =>
        {
            await service.DeleteAsync(client, id, cancellation);
            return Results.NoContent();
        });

    private Task<ExperimentView> ShownAsync(ExperimentRecord experiment, CancellationToken cancellation) => ExperimentView.WithFrontAsync(experiment, trials, cancellation);

    private async Task<IResult> StartAsync(HttpRequest request, DurableTaskClient client, string id, ExperimentRequest wanted, Caller by, CancellationToken cancellation)
    {
        ExperimentDefinition definition = await projects.DefineAsync(wanted, id, by, cancellation);
        StartedExperiment started = await service.StartAsync(client, id, definition, by, cancellation);
        request.HttpContext.Response.Headers.Location = $"{request.PathBase}/api/experiments/{id}";
        return Answers.Json(await ShownAsync(started.Experiment, cancellation), started.Created ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }
}
