using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>The files that trials elsewhere fetch, and the logs that people read.</summary>
public sealed class TrialFiles(
    RemoteSegmentService segments, TrialLogService logs, ExperimentService experiments, IArtifactStore artifacts, TrialGate gate, Answers answers)
{
    private const string Text = "text/plain; charset=utf-8";

    /// <summary>The scripts of the experiment, a zip; its ETag is the name of its content.</summary>
    [Function("GetTrialScripts")]
    public Task<IResult> ScriptsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/scripts")] HttpRequest request,
        string id,
        string n,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, async _ =>
        {
            if (gate.FindTrial(request, id, n) is null)
            {
                return TrialGate.Refused();
            }

            string name = await segments.ScriptsAsync(id, cancellation);
            string tag = $"\"{name}\"";
            if (request.Headers.IfNoneMatch.Contains(tag))
            {
                request.HttpContext.Response.Headers.ETag = tag;
                return Results.StatusCode(StatusCodes.Status304NotModified);
            }

            Problem missing = Problem.NotFound($"the scripts of experiment {id} are missing");
            return new ArtifactAnswer("application/zip", (body, token) => artifacts.CopyToAsync(name, body, token), missing)
            {
                Tag = tag,
            };
        });

    /// <summary>A checkpoint of the trial.</summary>
    [Function("GetCheckpoint")]
    public Task<IResult> CheckpointAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/checkpoints/{step}")] HttpRequest request,
        string id,
        string n,
        string step,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, async _ =>
        {
            if (gate.FindTrial(request, id, n) is not { } trial)
            {
                return TrialGate.Refused();
            }

            Problem missing = Problem.NotFound($"trial {n} of experiment {id} has no checkpoint at step {step}");
            if (!long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out long wanted))
            {
                return missing;
            }

            Checkpoint checkpoint = await segments.CheckpointAsync(id, trial, wanted, request.Query["sha256"].ToString(), cancellation);
            return new ArtifactAnswer("application/octet-stream", (body, token) => artifacts.CopyToAsync(checkpoint.Name, body, token), missing)
            {
                Tag = $"\"{checkpoint.Sha256}\"",
            };
        });

    /// <summary>The log that was kept of the trial, with which a segment goes on.</summary>
    [Function("GetSegmentLog")]
    public Task<IResult> KeptLogAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/segments/{s}/log")] HttpRequest request,
        string id,
        string n,
        string s,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.ForTrial, _ => gate.OfSegmentAsync(request, id, n, s, segment => Task.FromResult<IResult>(new ArtifactAnswer(
            Text, (body, token) => artifacts.CopyToAsync(TrialLog.NameFor(id, segment.Trial), body, token), Problem.NotFound($"trial {n} of experiment {id} has no log yet")))));

    /// <summary>The log of a trial, for people.</summary>
    [Function("GetTrialLog")]
    public Task<IResult> LogAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "experiments/{id}/trials/{n}/log")] HttpRequest request,
        string id,
        string n,
        CancellationToken cancellation) =>
        answers.RunAsync(request, Act.Look, async call =>
        {
            await experiments.RequireSeenAsync(id, call.Caller, cancellation);
            Trial trial = await experiments.TrialAsync(id, n, cancellation);
            ExperimentRecord experiment = await experiments.FindAsync(id, cancellation);
            return new ArtifactAnswer(Text, (body, token) => logs.CopyAsync(experiment, trial, body, token), Problem.NotFound($"trial {n} of experiment {id} has no log (yet)"));
        });
}
