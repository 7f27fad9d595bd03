using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>What the stores on files log.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(2101, LogLevel.Warning, "Journal {Path} ended in a line that was not complete: {Bytes} bytes after line {Line} were dropped. Whoever wrote them was not told that they were kept.")]
    public static partial void TornLineDropped(ILogger logger, string path, long bytes, long line);

    [LoggerMessage(2102, LogLevel.Error, "Experiment {Experiment} is left out of the list: {Problem}")]
    public static partial void LeftOut(ILogger logger, string experiment, string problem);

    [LoggerMessage(2103, LogLevel.Warning, "Snapshot {Path} cannot be used; the turns are folded again instead.")]
    public static partial void SnapshotUnusable(ILogger logger, string path);

    [LoggerMessage(2104, LogLevel.Warning, "{Path} could not be written: {Problem}. It only saves time and is written again later.")]
    public static partial void SummaryNotWritten(ILogger logger, string path, string problem);

    [LoggerMessage(2105, LogLevel.Warning, "Folder {Path} belongs to a deleted experiment and could not be removed: {Problem}")]
    public static partial void LeftBehind(ILogger logger, string path, string problem);
}
