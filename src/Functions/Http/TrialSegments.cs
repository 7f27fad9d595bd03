using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Http;

/// <summary>What runs a segment elsewhere with nothing but HTTP: it fetches its work, and tells of it. A trial shows its own token.</summary>
public sealed class TrialSegments(RemoteSegmentService service, TrialGate gate, Answers answers)
{
    /// <summary>Header with the SHA-256 of a checkpoint.</summary>
    public const string ChecksumHeader = "x-hpo-sha256";

    private const int Sha256Digits = 64;

    /// <summary>All that the harness needs to run a segment; 410 where nobody waits for it.</summary>
    [Function("GetWork")]
    public Task<IResult> WorkAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/segments/{s}/work")] HttpRequest request,
        string id,
        string n,
        string s,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, async segment =>
            await service.WorkAsync(client, segment, cancellation) is { } work
                ? Results.Text(work.Span, "application/json")
                : TrialGate.Unwanted(segment)));

    /// <summary>How a running segment is to go on, for programs that report rarely; 410 where nobody waits for it.</summary>
    [Function("GetDirective")]
    public Task<IResult> DirectiveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/segments/{s}/directive")] HttpRequest request,
        string id,
        string n,
        string s,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, async segment =>
            await service.DirectiveAsync(segment, cancellation) is { } directive
                ? Answers.Json(DirectiveView.Of(directive))
                : TrialGate.Unwanted(segment)));

    /// <summary>Takes a checkpoint.</summary>
    [Function("PutCheckpoint")]
    public Task<IResult> CheckpointAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}/trials/{n}/segments/{s}/checkpoints/{step}")] HttpRequest request,
        string id,
        string n,
        string s,
        string step,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, async segment =>
        {
            string sha256 = request.Headers[ChecksumHeader].ToString();
            (long number, sha256) = Checked(step, sha256);
            await using VerifiedStream content = new(RequestBody.Open(request, service.MaxCheckpointBytes), service.MaxCheckpointBytes, sha256);
            return await service.KeepAsync(client, segment, number, sha256, content, cancellation) ? Results.NoContent() : TrialGate.Unwanted(segment);
        }));

    /// <summary>Takes in where an attempt began.</summary>
    [Function("PostRestored")]
    public Task<IResult> RestoredAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "experiments/{id}/trials/{n}/segments/{s}/restored")] HttpRequest request,
        string id,
        string n,
        string s,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, async segment =>
        {
            SegmentRestoredRequest restored = SegmentRestoredRequest.Read(await RequestBody.ReadJsonAsync(request, cancellation));
            return await service.RestoredAsync(segment, restored, cancellation) ? Results.NoContent() : TrialGate.Unwanted(segment);
        }));

    /// <summary>Takes the log of the trial as it is now, whole.</summary>
    [Function("PutSegmentLog")]
    public Task<IResult> LogAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "experiments/{id}/trials/{n}/segments/{s}/log")] HttpRequest request,
        string id,
        string n,
        string s,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, async segment =>
        {
            long most = await service.MaxLogBytesAsync(id, cancellation);
            await using VerifiedStream content = new(RequestBody.Open(request, most), most, sha256: null);
            return await service.KeepLogAsync(segment, content, cancellation) ? Results.NoContent() : TrialGate.Unwanted(segment);
        }));

    private static (long Step, string Sha256) Checked(string step, string sha256)
    {
        List<Fault> faults = [];
        if (!long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            faults.Add(new("step", step, "must be a whole number of at least 0"));
        }

        if (sha256.Length != Sha256Digits || !sha256.All(char.IsAsciiHexDigit))
        {
            faults.Add(new(ChecksumHeader, sha256, "must be the SHA-256 of the body in 64 hexadecimal digits"));
        }

        return faults.Count == 0 ? (number, sha256.ToLowerInvariant()) : throw new InvalidInputException([.. faults]);
    }
}
