using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>What every part of the journal store needs.</summary>
/// <param name="Folder">The data folder.</param>
/// <param name="Time">Clock that says when the summary file is due.</param>
/// <param name="Log">Where to say what was repaired.</param>
internal sealed record JournalOptions(string Folder, TimeProvider Time, ILogger Log)
{
    /// <summary>How old the summary file of a running experiment may get.</summary>
    public static TimeSpan SummaryAge { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How many experiments are kept in memory at most, besides those that are being written.</summary>
    public int KeptOpen { get; init; } = 32;

    /// <summary>Opens a journal for writing.</summary>
    public Func<string, JournalFile> OpenFile { get; init; } = static path => new JournalFile(path);
}
