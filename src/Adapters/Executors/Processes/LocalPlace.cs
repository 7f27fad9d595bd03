using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>A place on this machine: its worker sees the files of the host where the host has them.</summary>
/// <param name="options">The executor's.</param>
/// <param name="folders">Where trials are.</param>
/// <param name="share">What the worker was started with; null where nothing is given out.</param>
/// <remarks>
/// A worker with a card ends with its segment: libraries hold the card, and memory on it, as long as the process lives, and look only once
/// which cards there are. One that was held to cores stays warm for those who get the same.
/// </remarks>
internal sealed class LocalPlace(ProcessExecutorOptions options, TrialFolders folders, MachineShare? share) : IWorkerPlace
{
    public string Interpreter => $"'{options.Python}'";

    public string Advice => "set HPO_PYTHON to a Python 3.9 or newer, or install one";

    public bool IsForOne => share is { Cards.IsEmpty: false };

    /// <summary>What the worker was started with.</summary>
    public MachineShare? Share => share;

    public string? ScriptsAt(string? scripts) => scripts;

    public string FolderOf(SegmentId segment) => folders.Of(segment);

    public ValueTask<SegmentBeginning> PlaceAsync(SegmentId segment, SegmentBeginning beginning, CancellationToken cancellation) => ValueTask.FromResult(beginning);

    public ValueTask<WorkerEvent.Saved> FetchAsync(WorkerEvent.Saved saved, string folder, CancellationToken cancellation) => ValueTask.FromResult(saved);

    public ValueTask CollectAsync(SegmentId segment, CancellationToken cancellation) => ValueTask.CompletedTask;

    public void Kept(WorkerEvent.Saved saved)
    {
        // The file was the host's own.
    }

    public void KillGroup(int group) => ProcessGroup.Kill(group);

    public bool Fits(SegmentRun run) => run.Share is null ? share is null : run.Share.IsLike(share);

    public string? WhyLost(WorkerExit exit, string? words) => null;

    public void Release()
    {
        // Shares belong to segments, not to workers.
    }
}
