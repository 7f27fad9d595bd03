using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Sends segments to the grid, and takes them back.</summary>
internal sealed class PandaSubmitter(
    PandaOptions options, PandaClient client, PandaWatch watch, IArtifactStore artifacts, ISegmentEvents? events, TimeProvider time, ILogger logger)
{
    private const int MostListed = 5000;

    private static readonly TimeSpan KnownFor = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, (DateTimeOffset Since, Lazy<Task<PandaSandboxPlace>> Place)> _places = new(StringComparer.Ordinal);
    private readonly PandaTaskSpecs _specs = new(options);
    private readonly CheckpointCourier? _courier = events is null ? null : new(artifacts, events, time, logger);

    /// <summary>Starts a segment.</summary>
    /// <returns>Its run; one that has ended already where it can never run.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    /// <exception cref="Engine.Errors.InvalidInputException">The grid does not take such a task.</exception>
    public async Task<PandaRun> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()); // as handles have it
        ReadOnlyMemory<byte>? scripts = await ScriptsAsync(work, cancellation);
        if (scripts is null && work.Definition.Program.Scripts is { Length: > 0 } missing)
        {
            PandaRun failed = new(work.Segment, new(0, "none", work.Attempt, now)) { Work = work };
            failed.End(new()
            {
                Status = SegmentStatus.Failed,
                Site = options.Site,
                Attempts = work.Attempt + 1,
                StartedAt = now,
                EndedAt = now,
                Error = $"cannot prepare the scripts: {missing} does not exist",
            });
            return failed;
        }

        PandaJob job = PandaJob.Of(work, options, scripts, await RestoreAsync(work, cancellation));
        long task = await SubmitAsync(work, job, cancellation);
        return new(work.Segment, new(task, job.Key, work.Attempt, now)) { Work = work };
    }

    /// <summary>Lets a segment that was asked about go on, as another task.</summary>
    /// <param name="run">The segment; its work is known.</param>
    /// <param name="work">What it does from here on; its first checkpoint is where it goes on.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task ContinueAsync(PandaRun run, SegmentWork work, CancellationToken cancellation)
    {
        (long, ReadOnlyMemory<byte>)? restore = work.Checkpoints is [var newest, ..] && await artifacts.FindAsync(newest.Name, cancellation) is { } state ? (newest.Step, state) : null;
        PandaJob job = PandaJob.Of(work, options, await ScriptsAsync(work, cancellation), restore);
        DateTimeOffset now = time.GetUtcNow();
        long before = run.Task;
        run.Task = await SubmitAsync(work, job, cancellation);
        (run.Work, run.Key, run.Began, run.Result, run.EndedSince, run.IsKept) = (work, job.Key, now, null, null, false);
        watch.Remove(before);
    }

    /// <summary>Lets a run that another process began follow the segment to the task with which that process let it go on.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task<bool> FollowAsync(PandaRun run, CancellationToken cancellation)
    {
        SegmentId segment = run.Segment;
        Dictionary<string, string> named = new() { ["taskName"] = FormattableString.Invariant($"[.]{PandaNames.Experiment(segment.Experiment).Trim('.')}[.]{segment.Trial}[.]{segment.Segment}[.][0-9a-f]+/$") };
        ImmutableArray<JsonElement> rows = await client.ListAsync(run.Handle.Began - TimeSpan.FromHours(1), named, MostListed, cancellation);
        if (rows.Select(PandaTask.Read).OfType<PandaTask>().Where(task => task.Id > run.Task).MaxBy(task => task.Id) is not { Name: { } name } later)
        {
            return false;
        }

        watch.Remove(run.Task);
        (run.Task, run.Key, run.Result, run.EndedSince, run.IsKept, run.LookedUpAt) = (later.Id, name.TrimEnd('/').Split('.')[^1], null, null, false, default);
        watch.Add(later.Id, run.Began);
        return true;
    }

    /// <summary>Kills all tasks of an experiment, those of other processes included.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task KillAllAsync(string experiment, CancellationToken cancellation)
    {
        Dictionary<string, string> named = new() { ["taskName"] = $"[.]{PandaNames.Experiment(experiment).Trim('.')}[.][0-9]+[.][0-9]+[.][0-9a-f]+/$" };
        foreach (JsonElement row in await client.ListAsync(null, named, MostListed, cancellation))
        {
            if (PandaTask.Read(row) is { IsFinal: false } task && task.Status is not ("toabort" or "aborting"))
            {
                await client.KillAsync(task.Id, cancellation);
            }
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ScriptsAsync(SegmentWork work, CancellationToken cancellation) =>
        work.Definition.Program.Scripts is { Length: > 0 } name ? await artifacts.FindAsync(name, cancellation) : null;

    private async Task<long> SubmitAsync(SegmentWork work, PandaJob job, CancellationToken cancellation)
    {
        PandaSandboxPlace place = await PlaceAsync(job.Sandbox, cancellation);
        DateTimeOffset began = time.GetUtcNow();
        PandaSubmission sent = await client.SubmitAsync(_specs.Of(work.Definition, job, place), cancellation);
        if (sent.IsNew)
        {
            watch.Renew(sent.Task, began);
        }
        else
        {
            watch.Add(sent.Task, began);
        }

        PandaExecutorLog.Submitted(logger, work.Segment, sent.Task);
        return sent.Task;
    }

    /// <summary>Where a sandbox is. What was seen there within the hour is not asked for again.</summary>
    private async Task<PandaSandboxPlace> PlaceAsync(PandaSandbox sandbox, CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (KeyValuePair<string, (DateTimeOffset Since, Lazy<Task<PandaSandboxPlace>> Place)> old in _places.Where(place => now >= place.Value.Since + KnownFor))
        {
            _places.TryRemove(old);
        }

        (DateTimeOffset Since, Lazy<Task<PandaSandboxPlace>> Place) known = _places.GetOrAdd(sandbox.Name, _ => (now, new(() => client.UploadAsync(sandbox, CancellationToken.None))));
        try
        {
            return await known.Place.Value.WaitAsync(cancellation);
        }
        catch
        {
            if (known.Place.Value.IsFaulted)
            {
                _places.TryRemove(new(sandbox.Name, known));
            }

            throw;
        }
    }

    private async Task<(long Step, ReadOnlyMemory<byte> State)?> RestoreAsync(SegmentWork work, CancellationToken cancellation)
    {
        if (_courier is null)
        {
            return null;
        }

        string folder = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"hpo-panda-{Guid.NewGuid():N}"));
        try
        {
            SegmentBeginning beginning = await _courier.BeginAsync(work, starts: 1, folder, cancellation);
            return beginning.Path is { } path ? (beginning.Step, await File.ReadAllBytesAsync(path, cancellation)) : null;
        }
        finally
        {
            CheckpointCourier.ClearIfPossible(folder);
        }
    }
}
