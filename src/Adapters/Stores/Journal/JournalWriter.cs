using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Appends to one journal. What it appended is followed by nothing, whatever the disk does: a failed append is cut off again.</summary>
internal sealed class JournalWriter(JournalFile file, WriterLock held, JournalPosition end, JournalPaths paths, JournalOptions options) : IDisposable
{
    private readonly JournalEncoder _encoder = new();
    private bool _mustTruncate;
    private long _summaryAt = options.Time.GetTimestamp();
    private bool _summaryIsOld = true;

    /// <summary>The end of the last line.</summary>
    public JournalPosition Position { get; private set; } = end;

    /// <summary>The open journal, to read from.</summary>
    public SafeFileHandle File => file.Handle;

    /// <summary>Appends an event. It survives the process; a power cut may take the last ones, whose senders post them again.</summary>
    public void Append(ExperimentEvent happened) => Append(_encoder.Event(happened, Position.Chain), durable: false);

    /// <summary>Appends a turn, which is on the disk when this returns, and with it all events before it.</summary>
    public Extent Append(TurnCommit commit, Func<int, Trial?> find)
    {
        long offset = Position.Offset;
        Append(_encoder.Turn(commit, find, Position.Chain), durable: true);
        return new(offset, (int)(Position.Offset - offset) - 1);
    }

    /// <summary>Writes the summary file where the last one is old enough.</summary>
    public void KeepSummary(ExperimentSummary summary)
    {
        _summaryIsOld = true;
        if (options.Time.GetElapsedTime(_summaryAt) >= JournalOptions.SummaryAge)
        {
            WriteSummary(summary);
        }
    }

    /// <summary>Writes the summary file unless it is up to date.</summary>
    public void KeepLastSummary(ExperimentSummary summary)
    {
        if (_summaryIsOld && System.IO.File.Exists(paths.Journal))
        {
            WriteSummary(summary);
        }
    }

    /// <summary>Lets go of the file and of the right to write it.</summary>
    public void Dispose()
    {
        _encoder.Dispose();
        file.Dispose();
        held.Dispose();
    }

    private void WriteSummary(ExperimentSummary summary)
    {
        _summaryAt = options.Time.GetTimestamp();
        try
        {
            Disk.Replace(paths.Summary, SealedFile.Encode(new SummaryFile(Position, summary)).Written, durable: false);
            _summaryIsOld = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalLog.SummaryNotWritten(options.Log, paths.Summary, e.Message);
        }
    }

    private void Append(uint crc, bool durable)
    {
        ReadOnlySpan<byte> line = _encoder.Line;
        try
        {
            CutOff();
            _mustTruncate = true;
            file.Write(line, Position.Offset);
            if (durable)
            {
                file.Flush();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryCutOff();
            throw new UnavailableException($"journal {paths.Journal}", e.Message, e);
        }

        _mustTruncate = false;
        Position = new(Position.Offset + line.Length, crc, Position.Lines + 1);
    }

    private void CutOff()
    {
        if (_mustTruncate)
        {
            file.Truncate(Position.Offset);
            _mustTruncate = false;
        }
    }

    private void TryCutOff()
    {
        try
        {
            CutOff();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next append tries again before it writes; a reader, and the next writer, pass over what is not complete.
        }
    }
}
