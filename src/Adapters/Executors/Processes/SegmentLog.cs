using System.Buffers;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>What happened to the segments of one experiment on this machine: a file of JSON lines, appended to.</summary>
/// <remarks>
/// <para>Each line is one write, so that a killed host leaves a whole line or a torn one, which does not count. Hence a segment that ended is
/// never run again, and how often it ran is known. Nothing is flushed to the disk itself: after a power failure a segment may run again.</para>
/// <para>One file for all, because making and removing a file a trial costs more than the rest of a short trial together.
/// It shrinks when nothing is left in it that could be asked for.</para>
/// </remarks>
internal sealed class SegmentLog : IDisposable
{
    public const string TrialName = "trial";
    public const string SegmentName = "segment";
    public const string StartedAtName = "startedAt";
    public const string OutcomeName = "outcome";
    public const string ForgottenName = "forgotten";

    private const long WorthShrinking = 256 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Trial, int Segment), SegmentRecord> _records;
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private long _length;
    private bool _disposed;

    private SegmentLog(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _json = new(_line, new JsonWriterOptions { SkipValidation = true });
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        byte[] content = new byte[RandomAccess.GetLength(_file)];
        _length = RandomAccess.Read(_file, content, 0);
        _records = SegmentRecord.ReadAll(content);
        if (_length > 0 && content[^1] != (byte)'\n')
        {
            RandomAccess.Write(_file, "\n"u8, _length++); // so that the next line does not continue a torn one
        }
    }

    /// <summary>Opens a log for writing, new or with what a host before this one wrote.</summary>
    /// <exception cref="IOException">Another host writes to it.</exception>
    public static SegmentLog Open(string path) => new(path);

    /// <summary>What the log knows of a segment.</summary>
    public SegmentRecord Find(SegmentId segment)
    {
        lock (_gate)
        {
            return _records.GetValueOrDefault((segment.Trial, segment.Segment));
        }
    }

    /// <summary>Notes that a segment is started.</summary>
    /// <returns>How often it was, this time included.</returns>
    public int WriteStart(SegmentId segment, DateTimeOffset at)
    {
        lock (_gate)
        {
            SegmentRecord record = _records.GetValueOrDefault((segment.Trial, segment.Segment));
            _records[(segment.Trial, segment.Segment)] = record = record with { Starts = record.Starts + 1 };
            Begin(segment);
            _json.WriteString(StartedAtName, at);
            Append();
            return record.Starts;
        }
    }

    /// <summary>Notes how a segment ended.</summary>
    public void WriteOutcome(SegmentId segment, SegmentOutcome outcome)
    {
        lock (_gate)
        {
            _records[(segment.Trial, segment.Segment)] = new(outcome.Attempts, outcome);
            Begin(segment);
            _json.WritePropertyName(OutcomeName);
            JsonSerializer.Serialize(_json, outcome, EngineJson.Options);
            Append();
        }
    }

    /// <summary>Nobody will ask for a segment again.</summary>
    public void Forget(SegmentId segment)
    {
        lock (_gate)
        {
            if (!_records.Remove((segment.Trial, segment.Segment)))
            {
                return;
            }

            if (_records.Count == 0 && _length > WorthShrinking)
            {
                RandomAccess.SetLength(_file, _length = 0);
                return;
            }

            Begin(segment);
            _json.WriteBoolean(ForgottenName, true);
            Append();
        }
    }

    /// <summary>Closes the file, and removes it where nothing is left in it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _file.Dispose();
            _json.Dispose();
            if (_records.Count == 0)
            {
                Remove();
            }
        }
    }

    private void Remove()
    {
        try
        {
            File.Delete(_path);
        }
        catch (DirectoryNotFoundException)
        {
            // The experiment was removed meanwhile, and the file with it.
        }
    }

    private void Begin(SegmentId segment)
    {
        _line.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber(TrialName, segment.Trial);
        _json.WriteNumber(SegmentName, segment.Segment);
    }

    private ReadOnlySpan<byte> End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        return _line.WrittenSpan;
    }

    private void Append()
    {
        ReadOnlySpan<byte> line = End();
        ObjectDisposedException.ThrowIf(_disposed, this);
        RandomAccess.Write(_file, line, _length);
        _length += line.Length;
    }
}
