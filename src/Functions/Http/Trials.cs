using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>Trials by HTTP, for people.</summary>
public sealed class Trials(ExperimentService service, Answers answers)
{
    /// <summary>Lists the trials of an experiment by number.</summary>
    [Function("ListTrials")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials")] HttpRequest request, string id, CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call =>
        {
            await service.RequireSeenAsync(id, call.Caller, cancellation);
            return new PageAnswer<Trial, TrialView>(await service.TrialsAsync(id, PageQuery.Read(request), cancellation), TrialView.Of);
        });

    /// <summary>Shows a trial.</summary>
    [Function("GetTrial")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}")] HttpRequest request,
        string id,
        string n,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call => Answers.Json(TrialView.Of(await SeenAsync(call, id, n, cancellation))));

    /// <summary>Says why a trial went the way it went.</summary>
    [Function("ExplainTrial")]
    public Task<IResult> ExplainAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/explanation")] HttpRequest request,
        string id,
        string n,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call => Answers.Json(ExplanationView.Of(await SeenAsync(call, id, n, cancellation))));

    private async Task<Trial> SeenAsync(Call call, string id, string n, CancellationToken cancellation)
    {
        await service.RequireSeenAsync(id, call.Caller, cancellation);
        return await service.TrialAsync(id, n, cancellation);
    }
}
