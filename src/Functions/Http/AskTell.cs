using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>Trials for programs in any language, and for people: ask for one, evaluate it, tell what came out.</summary>
public sealed class AskTell(AskTellService service, ExperimentService experiments, Answers answers)
{
    /// <summary>Gives a trial to whoever asks; 204 where there is none now.</summary>
    [Function("AskTrial")]
    public Task<IResult> AskAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/ask")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "trial.ask", $"experiments/{id}") { IsRoutine = true }, async call =>
        {
            await experiments.RequireOwnAsync(id, call.Caller, cancellation);
            bool isEmpty = request.ContentLength is null or 0 && request.Headers.TransferEncoding.Count == 0;
            AskRequest wanted = AskRequest.Read(isEmpty ? null : await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.AskAsync(client, id, wanted, cancellation) is { } asked ? Answers.Json(AskView.Of(asked)) : Results.NoContent();
        });

    /// <summary>Takes what came out of a trial, in the end or on the way.</summary>
    [Function("TellTrial")]
    public Task<IResult> TellAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}/tell")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Submit, "trial.tell", $"experiments/{id}") { IsRoutine = true }, async call =>
        {
            await experiments.RequireOwnAsync(id, call.Caller, cancellation);
            TellRequest told = TellRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.TellAsync(client, id, told, cancellation) is { } next
                ? Answers.Json(TellView.Of(next))
                : Problem.Gone($"nobody waits for this answer about experiment {id} (any more): the time to answer was over, or the trial has ended");
        });
}

/// <summary>A trial for whoever asked.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Segment">Number of its segment.</param>
/// <param name="Lease">Goes into what is told.</param>
/// <param name="Configuration">What is to be evaluated, with the fixed parameters of the project.</param>
/// <param name="Metric">What must be told.</param>
/// <param name="Mode">min or max.</param>
/// <param name="Until">Step at which the trial has to be told about and asks how to go on; null: it goes to its end.</param>
/// <param name="Budget">What a program that takes a budget is told; null for until.</param>
/// <param name="Step">Step of the last report, from which it goes on; 0 for a new trial.</param>
/// <param name="ValidS">Seconds within which something must be told; null for ever.</param>
public sealed record AskView(
    int Trial, int Segment, string Lease, JsonElement Configuration, string Metric, string Mode, long? Until, double? Budget, long Step, double? ValidS)
{
    /// <summary>A trial as the API gives it out.</summary>
    public static AskView Of(Asked asked)
    {
        ExperimentDefinition definition = asked.Work.Definition;
        return new(
            asked.Leased.Segment.Trial,
            asked.Leased.Segment.Segment,
            asked.Leased.Lease!,
            Merged(asked.Work.Configuration.ToJson(), definition.Program.Param),
            definition.Metric,
            definition.Mode == OptimizationMode.Min ? "min" : "max",
            asked.Work.Until,
            asked.Work.Budget,
            asked.From,
            asked.Valid?.TotalSeconds);
    }

    private static JsonElement Merged(string configuration, JsonElement? fixedParameters)
    {
        JsonElement json = JsonDocument.Parse(configuration).RootElement;
        if (fixedParameters is not { ValueKind: JsonValueKind.Object } param)
        {
            return json;
        }

        Dictionary<string, JsonElement> merged = json.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        foreach (JsonProperty member in param.EnumerateObject())
        {
            merged[member.Name] = member.Value;
        }

        return JsonSerializer.SerializeToElement(merged);
    }
}

/// <summary>Answer to what was told.</summary>
/// <param name="Action">continue: go on with this trial; pause or stop: it needs nothing more.</param>
/// <param name="Until">With continue: the step at which to tell again; null for the end.</param>
/// <param name="Budget">With continue: what a program that takes a budget is told; null for until.</param>
/// <param name="Over">Whether to ask for another trial.</param>
public sealed record TellView(string Action, long? Until, double? Budget, bool Over)
{
    /// <summary>What follows, as the API says it.</summary>
    public static TellView Of(Told told)
    {
        DirectiveView directive = DirectiveView.Of(told.Directive);
        return new(directive.Action, directive.Until, directive.Budget, told.IsOver);
    }
}
