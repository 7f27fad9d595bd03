using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>What trials tell by HTTP. A trial shows its own token and can write nothing but its own results.</summary>
public sealed class TrialReports(TrialService service, ExperimentService experiments, TrialTokens tokens, TimeProvider time, Answers answers)
{
    private const string Scheme = "Bearer ";

    /// <summary>Takes reports and says how to go on.</summary>
    [Function("PostReports")]
    public Task<IResult> ReportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/trials/{n}/reports")] HttpRequest request,
        string id,
        string n,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, async () =>
        {
            if (FindTrial(request, id, n) is not { } trial)
            {
                return Refused();
            }

            TrialReportRequest report = TrialReportRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation), time.GetUtcNow());
            TrialDirective directive = await service.ReportAsync(client, id, trial, report, cancellation);
            return Answers.Json(new DirectiveView(directive.Action.ToString().ToLowerInvariant(), directive.Until, directive.Budget));
        });

    /// <summary>Takes the end of a segment.</summary>
    [Function("PutOutcome")]
    public Task<IResult> EndAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}/trials/{n}/outcome")] HttpRequest request,
        string id,
        string n,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, async () =>
        {
            if (FindTrial(request, id, n) is not { } number)
            {
                return Refused();
            }

            ExperimentRecord experiment = await experiments.FindAsync(id, cancellation);
            Trial trial = await experiments.TrialAsync(id, n, cancellation);
            TrialOutcomeRequest outcome = TrialOutcomeRequest.Read(
                await RequestBody.ReadJsonAsync(request, cancellation), experiment.Definition.Site, trial.StartedAt, time.GetUtcNow());
            await service.EndAsync(client, id, number, outcome, cancellation);
            return Results.NoContent();
        });

    private static Problem Refused() => Problem.Unauthorized("this needs the token of this very trial: Authorization: Bearer <token>");

    /// <summary>The trial's number where the request has its token; otherwise null, whether the trial exists or not.</summary>
    private int? FindTrial(HttpRequest request, string id, string n)
    {
        string header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && ExperimentService.TryTrialNumber(n, out int number)
            && tokens.IsValid(header[Scheme.Length..].Trim(), id, number)
                ? number
                : null;
    }
}

/// <summary>What a trial does next, as the API says it.</summary>
/// <param name="Action">continue, pause or stop.</param>
/// <param name="Until">With continue: the step at which to ask again; null for never.</param>
/// <param name="Budget">With continue: what a program that takes a budget is told; null for Until.</param>
public sealed record DirectiveView(string Action, long? Until, double? Budget);
