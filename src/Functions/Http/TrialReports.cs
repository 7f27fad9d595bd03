using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Services;
using HpoServerless.Orchestrations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>What trials tell by HTTP. A trial shows its own token and can write nothing but its own results.</summary>
public sealed class TrialReports(
    TrialService service, ExperimentCache cache, RunningTrials running, WorkBoards boards, TrialGate gate, TimeProvider time, Answers answers)
{
    /// <summary>Takes reports and says how to go on.</summary>
    [Function("PostReports")]
    public Task<IResult> ReportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/trials/{n}/reports")] HttpRequest request,
        string id,
        string n,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, async _ =>
        {
            if (gate.FindTrial(request, id, n) is not { } trial)
            {
                return TrialGate.Refused();
            }

            TrialReportRequest report = TrialReportRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation), time.GetUtcNow());
            if (!await boards.HoldsAsync(new(id, trial, report.Segment), TrialGate.LeaseOf(request), cancellation))
            {
                return TrialGate.Unwanted(new(id, trial, report.Segment));
            }

            TrialDirective directive = await service.ReportAsync(client, id, trial, report, cancellation);
            return Answers.Json(DirectiveView.Of(directive));
        });

    /// <summary>Takes the end of a segment.</summary>
    [Function("PutOutcome")]
    public Task<IResult> EndAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}/trials/{n}/outcome")] HttpRequest request,
        string id,
        string n,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, async _ =>
        {
            if (gate.FindTrial(request, id, n) is not { } number)
            {
                return TrialGate.Refused();
            }

            ExperimentDefinition definition = await cache.DefinitionAsync(id, cancellation);
            Trial trial = await running.RecentAsync(id, number, cancellation);
            TrialOutcomeRequest outcome = TrialOutcomeRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation), definition.Site, trial, time.GetUtcNow());
            if (trial.Segment != outcome.Segment)
            {
                trial = await running.ReadAsync(id, number, cancellation); // another process may have gone on with it, elsewhere
            }

            SegmentId segment = new(id, number, outcome.Segment);
            if (!await boards.TakeEndAsync(trial.Site ?? definition.Site, segment, TrialGate.LeaseOf(request), outcome.Outcome, cancellation))
            {
                return TrialGate.Unwanted(segment);
            }

            await service.EndAsync(client, id, number, outcome, cancellation);
            return Results.NoContent();
        });
}

/// <summary>What a trial does next, as the API says it.</summary>
/// <param name="Action">continue, pause or stop.</param>
/// <param name="Until">With continue: the step at which to ask again; null for never.</param>
/// <param name="Budget">With continue: what a program that takes a budget is told; null for Until.</param>
public sealed record DirectiveView(string Action, long? Until, double? Budget)
{
    /// <summary>A directive as the API says it.</summary>
    public static DirectiveView Of(TrialDirective directive) => new(directive.Action.ToString().ToLowerInvariant(), directive.Until, directive.Budget);
}
