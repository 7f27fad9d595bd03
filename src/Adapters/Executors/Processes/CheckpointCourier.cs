using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Carries checkpoints between the folders of trials and the artifact store, and tells the system of them.</summary>
/// <remarks>A file that is not what its checksum says goes neither way. Files of any size take little memory.</remarks>
internal sealed class CheckpointCourier(IArtifactStore artifacts, ISegmentEvents events, TimeProvider time, ILogger logger)
{
    private const int Tries = 5;
    private const int PartBytes = 1 << 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Stores what a worker saved, tells the system, and takes the local file away. Never fails: a checkpoint that cannot be kept is missed, the trial goes on.</summary>
    /// <param name="segment">Whose state it is.</param>
    /// <param name="saved">What the worker says of it.</param>
    /// <param name="place">Where the worker runs.</param>
    /// <param name="folder">Folder on this machine for what comes from another one.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether the system knows the checkpoint.</returns>
    public async Task<bool> KeepAsync(SegmentId segment, WorkerEvent.Saved saved, IWorkerPlace place, string folder, CancellationToken cancellation)
    {
        try
        {
            string path = (await place.FetchAsync(saved, folder, cancellation)).Path;
            await using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true))
            {
                if (await FaultAsync(file, saved.Bytes, saved.Sha256, cancellation) is { } fault)
                {
                    throw new InvalidDataException($"the file {fault}");
                }

                Checkpoint checkpoint = new(saved.Step, Checkpoint.NameFor(segment, saved.Step, saved.Sha256), saved.Bytes, saved.Sha256);
                await InsistAsync(
                    async () =>
                    {
                        file.Position = 0;
                        await artifacts.PutAsync(checkpoint.Name, file, cancellation);
                        await events.CheckpointedAsync(segment, checkpoint, cancellation);
                    },
                    cancellation);
            }

            File.Delete(path);
            place.Kept(saved);
            return true;
        }
        catch (Exception error)
        {
            if (!cancellation.IsCancellationRequested)
            {
                ProcessExecutorLog.CheckpointMissed(logger, segment, saved.Step, error);
            }

            return false;
        }
    }

    /// <summary>Fetches the newest checkpoint that is whole, and tells the system where the segment begins.</summary>
    /// <param name="work">The segment.</param>
    /// <param name="starts">How often it was started on this machine, this time included.</param>
    /// <param name="folder">Folder of its checkpoints; emptied.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UnavailableException">The artifact store does not answer.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public async Task<SegmentBeginning> BeginAsync(SegmentWork work, int starts, string folder, CancellationToken cancellation)
    {
        Clear(folder);
        int attempt = Math.Max(work.Attempt, starts - 1);
        if (work.Definition.Stopping.MaxCost is not null)
        {
            await TellAsync(work.Segment, () => events.BeganAsync(work.Segment, attempt, cancellation), cancellation);
        }

        SegmentBeginning beginning = work.Checkpoints.IsEmpty ? new(folder, null, 0) : await FetchAsync(work.Checkpoints, folder, cancellation);
        if (beginning.Text is null && (work.Segment.Segment > 0 || attempt > 0))
        {
            beginning = beginning with { Text = "it has no checkpoint, so it starts from the beginning" };
        }

        if (beginning.Text is { } where)
        {
            string text = attempt > 0 ? $"{where}, after its worker or host was lost" : where;
            await TellAsync(work.Segment, () => events.RestoredAsync(work.Segment, attempt, beginning.Step, text, cancellation), cancellation);
        }

        return beginning;
    }

    private async Task TellAsync(SegmentId segment, Func<Task> tell, CancellationToken cancellation)
    {
        try
        {
            await InsistAsync(tell, cancellation);
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            ProcessExecutorLog.BeginningNotTold(logger, segment, error);
        }
    }

    /// <summary>Removes what is left of a segment's checkpoints on this machine. What still writes there keeps its files until the next segment begins.</summary>
    public static void ClearIfPossible(string folder)
    {
        try
        {
            Clear(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A process that the trial left behind.
        }
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<SegmentBeginning> FetchAsync(ImmutableArray<Checkpoint> candidates, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Join(folder, "restore.tar");
        List<string> refused = [];
        foreach (Checkpoint candidate in candidates)
        {
            if (await FetchAsync(candidate, path, cancellation) is not { } fault)
            {
                string where = $"the checkpoint at step {candidate.Step} ({Size(candidate.Bytes)})";
                return new(folder, path, candidate.Step) { Text = refused.Count == 0 ? $"from {where}" : $"{Join(refused)}, so it resumes from {where}" };
            }

            refused.Add($"the checkpoint at step {candidate.Step} {fault}");
        }

        File.Delete(path);
        return new(folder, null, 0) { Text = $"{Join(refused)}, so it starts from the beginning" };
    }

    /// <summary>Fetches one checkpoint.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    private async Task<string?> FetchAsync(Checkpoint checkpoint, string path, CancellationToken cancellation)
    {
        await using FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        if (!await artifacts.CopyToAsync(checkpoint.Name, file, cancellation))
        {
            return "is missing";
        }

        return await FaultAsync(file, checkpoint.Bytes, checkpoint.Sha256, cancellation) is { } fault ? $"is damaged ({fault})" : null;
    }

    private static async Task<string?> FaultAsync(FileStream file, long bytes, string sha256, CancellationToken cancellation)
    {
        if (file.Length != bytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"has {file.Length} bytes instead of {bytes}");
        }

        file.Position = 0;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = new byte[Math.Min(PartBytes, Math.Max(1, bytes))];
        for (int read; (read = await file.ReadAsync(part, cancellation)) > 0;)
        {
            hash.AppendData(part, 0, read);
        }

        return string.Equals(Convert.ToHexStringLower(hash.GetHashAndReset()), sha256, StringComparison.Ordinal) ? null : "its SHA-256 differs";
    }

    /// <summary>Does something that a busy store may refuse for a moment.</summary>
    private async Task InsistAsync(Func<Task> action, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        for (int left = Tries - 1; ; left--, pause *= 2)
        {
            try
            {
                await action();
                return;
            }
            catch (HpoException error) when (left > 0 && error.Retry == RetryAdvice.Backoff)
            {
                await Task.Delay(pause, time, cancellation);
            }
        }
    }

    private static string Join(List<string> parts) => string.Join(", ", parts);

    private static string Size(long bytes) => bytes switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
    };
}
