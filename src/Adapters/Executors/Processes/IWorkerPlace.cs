using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Where one worker runs, as far as the host must reach into it.</summary>
internal interface IWorkerPlace
{
    /// <summary>The interpreter, as error messages name it.</summary>
    string Interpreter { get; }

    /// <summary>What to do when the interpreter does not start.</summary>
    string Advice { get; }

    /// <summary>Where the worker finds scripts that were unpacked here.</summary>
    string? ScriptsAt(string? scripts);

    /// <summary>Folder of the trial, as the worker sees it.</summary>
    string FolderOf(SegmentId segment);

    /// <summary>Makes ready what a segment begins with.</summary>
    /// <returns>The same beginning, with paths as the worker sees them.</returns>
    /// <exception cref="Engine.Errors.UnavailableException">The machine cannot be reached, or its disk fails.</exception>
    ValueTask<SegmentBeginning> PlaceAsync(SegmentId segment, SegmentBeginning beginning, CancellationToken cancellation);

    /// <summary>Brings a file here that the worker saved.</summary>
    /// <param name="saved">What it saved, where the worker sees it.</param>
    /// <param name="folder">Folder on this machine.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The same, where the host sees it.</returns>
    ValueTask<WorkerEvent.Saved> FetchAsync(WorkerEvent.Saved saved, string folder, CancellationToken cancellation);

    /// <summary>The system knows what was fetched: the worker's file can go.</summary>
    void Kept(WorkerEvent.Saved saved);

    /// <summary>Brings the log of a segment that ended here. Never fails: a log that cannot be had is missed.</summary>
    ValueTask CollectAsync(SegmentId segment, CancellationToken cancellation);

    /// <summary>Kills a group of processes; one that is gone is no error.</summary>
    void KillGroup(int group);

    /// <summary>Whether a worker there has the right surroundings for another segment.</summary>
    bool Fits(SegmentRun run) => true;

    /// <summary>Whether a worker there ends with its segment.</summary>
    bool IsForOne => false;

    /// <summary>Why the worker is gone without fault of its program; null where that cannot be said.</summary>
    /// <param name="exit">How it ended.</param>
    /// <param name="words">The last it complained of; null for nothing.</param>
    string? WhyLost(WorkerExit exit, string? words);

    /// <summary>The worker is gone, and its place is free. Once is enough.</summary>
    void Release();
}
