using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Services;

/// <summary>Serves segments that run elsewhere: their work, their files, and what they tell besides reports.</summary>
/// <remarks>Doing any of it twice is doing it once.</remarks>
public sealed class RemoteSegmentService(SegmentDesk desk, ReportIntake intake, ExperimentService experiments, IArtifactStore artifacts, HpoOptions options)
{
    /// <summary>Largest checkpoint that is taken.</summary>
    public long MaxCheckpointBytes => (long)options.MaxCheckpointMiB << 20;

    /// <summary>What the harness needs to run a segment: the message <c>run</c> as JSON. Who asks for it begins.</summary>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<ReadOnlyMemory<byte>?> WorkAsync(DurableTaskClient client, SegmentId segment, CancellationToken cancellation)
    {
        if (await desk.FindAsync(segment, cancellation) is not { } wanted)
        {
            return null;
        }

        if (wanted.Work.Definition.Stopping.MaxCost is not null)
        {
            await intake.TakeBeginAsync(client, segment, wanted.Work.Attempt, cancellation);
        }

        return RunMessage.ForElsewhere(wanted.Work, wanted.Ending, new() { MaxCheckpointBytes = MaxCheckpointBytes });
    }

    /// <summary>How a running segment is to go on.</summary>
    /// <returns>Null where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public Task<TrialDirective?> DirectiveAsync(SegmentId segment, CancellationToken cancellation) => desk.DirectiveAsync(segment, cancellation);

    /// <summary>Name of the artifact with the scripts of an experiment.</summary>
    /// <exception cref="NotFoundException">There is no such experiment, or it has no scripts.</exception>
    public async Task<string> ScriptsAsync(string experiment, CancellationToken cancellation)
    {
        ExperimentRecord record = await experiments.FindAsync(experiment, cancellation);
        return record.Definition.Program.Scripts is { Length: > 0 } scripts ? scripts : throw new NotFoundException("scripts of experiment", experiment);
    }

    /// <inheritdoc cref="SegmentDesk.CheckpointAsync"/>
    public Task<Checkpoint> CheckpointAsync(string experiment, int trial, long step, string sha256, CancellationToken cancellation) =>
        desk.CheckpointAsync(experiment, trial, step, sha256, cancellation);

    /// <summary>Stores what a segment saved, and tells the experiment.</summary>
    /// <param name="client">Reaches the experiment's orchestration.</param>
    /// <param name="segment">Which segment.</param>
    /// <param name="step">Step after which it was saved.</param>
    /// <param name="sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
    /// <param name="content">The content, which throws at its end where it is not what the checksum says.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    /// <exception cref="InvalidInputException">The content is not what the checksum says.</exception>
    public async Task<bool> KeepAsync(DurableTaskClient client, SegmentId segment, long step, string sha256, VerifiedStream content, CancellationToken cancellation)
    {
        string name = Checkpoint.NameFor(segment, step, sha256);
        bool? isNew = await desk.IsNewAsync(segment, new(step, name, 0, sha256), cancellation);
        if (isNew != true)
        {
            await content.CopyToAsync(Stream.Null, cancellation); // an answer before the end of a body is not read by every client
            return isNew is not null;
        }

        await artifacts.PutAsync(name, content, cancellation);
        await intake.TakeCheckpointAsync(client, segment, new(step, name, content.Total, sha256), cancellation);
        return true;
    }

    /// <summary>Takes in where an attempt began.</summary>
    /// <returns>False where nobody waits for the segment (any more).</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<bool> RestoredAsync(SegmentId segment, SegmentRestoredRequest request, CancellationToken cancellation)
    {
        bool? isNews = await desk.IsNewsAsync(segment, request.Text, cancellation);
        if (isNews == true)
        {
            await intake.TakeRestoreAsync(segment, request.Attempt, request.Step, request.Text, cancellation);
        }

        return isNews is not null;
    }

    /// <summary>Keeps the log of a trial, whole, in place of what was kept before.</summary>
    /// <returns>False where the trial has gone on to another segment.</returns>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<bool> KeepLogAsync(SegmentId segment, Stream content, CancellationToken cancellation)
    {
        if (!await desk.IsPresentAsync(segment, cancellation))
        {
            return false;
        }

        await artifacts.PutAsync(TrialLog.NameFor(segment.Experiment, segment.Trial), content, cancellation);
        return true;
    }

    /// <summary>Most bytes of a log that are taken: what the experiment allows, and room for what is written while it is shortened.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<long> MaxLogBytesAsync(string experiment, CancellationToken cancellation) =>
        ((await experiments.FindAsync(experiment, cancellation)).Definition.Limits.LogMiB + 1L) << 20;
}
