namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The files of one experiment.</summary>
/// <param name="folder">Its folder.</param>
internal sealed class JournalPaths(string folder)
{
    public string Folder { get; } = folder;

    public string Journal { get; } = Path.Combine(folder, "journal.jsonl");

    public string Summary { get; } = Path.Combine(folder, "summary.json");

    public string Snapshot { get; } = Path.Combine(folder, "snapshot.json");

    /// <summary>Held open, and so locked, by the one process that may write. The operating system lets go of it when that process dies.</summary>
    public string Lock { get; } = Path.Combine(folder, "writer.lock");

    /// <summary>Who holds the lock, for people.</summary>
    public string Owner { get; } = Path.Combine(folder, "writer.txt");
}
