namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Where a segment begins, and where it saves itself.</summary>
/// <param name="Folder">Folder of the segment's checkpoints.</param>
/// <param name="Path">File of the checkpoint that it begins at; null for the start.</param>
/// <param name="Step">Step of that checkpoint; 0 for the start.</param>
internal sealed record SegmentBeginning(string Folder, string? Path, long Step)
{
    /// <summary>What a person should know about it; null where there is nothing to say.</summary>
    public string? Text { get; init; }

    /// <summary>The same folder on this machine, where the worker sees another one.</summary>
    public string Here { get; init; } = Folder;
}
