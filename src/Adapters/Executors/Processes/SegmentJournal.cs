using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>What happened to one segment on this machine, as JSON lines: one for every real start, the last one for the outcome.</summary>
/// <remarks>
/// Each line is one write, so that a killed host leaves a whole line or a torn one, which does not count. Hence a segment that ended is
/// never run again, and how often it ran is known. Nothing is flushed to the disk itself: after a power failure a segment may run again.
/// </remarks>
internal sealed class SegmentJournal : IDisposable
{
    private readonly SafeFileHandle _file;
    private long _length;

    private SegmentJournal(SafeFileHandle file)
    {
        _file = file;
        _length = RandomAccess.GetLength(file);
        if (_length > 0)
        {
            byte[] content = new byte[_length];
            int count = RandomAccess.Read(file, content, 0);
            (Starts, Outcome) = Read(content.AsSpan(0, count));
            if (content[count - 1] != (byte)'\n')
            {
                Append("\n"u8);
            }
        }
    }

    /// <summary>How often the segment was started.</summary>
    public int Starts { get; private set; }

    /// <summary>How it ended; null while it did not.</summary>
    public SegmentOutcome? Outcome { get; private set; }

    /// <summary>Opens the journal of a segment, new or with what a host before this one wrote.</summary>
    public static SegmentJournal Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
    }

    /// <summary>The outcome that a journal holds; null where there is no journal or no outcome.</summary>
    public static SegmentOutcome? FindOutcome(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return Read(File.ReadAllBytes(path)).Outcome;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void WriteStart(DateTimeOffset at)
    {
        Write(new Line { StartedAt = at });
        Starts++;
    }

    public void WriteOutcome(SegmentOutcome outcome)
    {
        Write(new Line { Outcome = outcome });
        Outcome = outcome;
    }

    public void Dispose() => _file.Dispose();

    private static (int Starts, SegmentOutcome? Outcome) Read(ReadOnlySpan<byte> content)
    {
        int starts = 0;
        SegmentOutcome? outcome = null;
        for (int end = content.IndexOf((byte)'\n'); end >= 0; content = content[(end + 1)..], end = content.IndexOf((byte)'\n'))
        {
            try
            {
                Line? line = JsonSerializer.Deserialize<Line>(content[..end], EngineJson.Options);
                starts += line?.StartedAt is null ? 0 : 1;
                outcome = line?.Outcome ?? outcome;
            }
            catch (JsonException)
            {
                // Torn when a host was killed: as if it had not been written.
            }
        }

        return (starts, outcome);
    }

    private void Write(Line line)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter json = new(buffer))
        {
            JsonSerializer.Serialize(json, line, EngineJson.Options);
        }

        buffer.Write("\n"u8);
        Append(buffer.WrittenSpan);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, _length);
        _length += bytes.Length;
    }

    private sealed record Line
    {
        [JsonPropertyName("startedAt")]
        public DateTimeOffset? StartedAt { get; init; }

        [JsonPropertyName("outcome")]
        public SegmentOutcome? Outcome { get; init; }
    }
}
