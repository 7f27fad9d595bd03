using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>One message of a worker.</summary>
internal abstract record WorkerEvent
{
    /// <summary>The worker waits for its first run.</summary>
    public sealed record Ready(int Process, string Python, int Protocol) : WorkerEvent;

    /// <summary>The program reported.</summary>
    public sealed record Reported(long Run, ImmutableArray<Report> Reports, bool Wait) : WorkerEvent;

    /// <summary>The program saved its state: a whole file, which is the host's to take away.</summary>
    public sealed record Saved(long Run, long Step, string Path, long Bytes, string Sha256) : WorkerEvent;

    /// <summary>A command was started in a process group of its own.</summary>
    public sealed record Spawned(long Run, int Group) : WorkerEvent;

    /// <summary>The program ended; a command maybe of a signal, else 0.</summary>
    public sealed record Ended(
        long Run, SegmentStatus Status, ImmutableArray<Report> Reports, string? Error, string? Traceback, string? Reason, bool Reusable, int Signal)
        : WorkerEvent;

    /// <exception cref="WorkerProtocolException">The line is none of these messages.</exception>
    public static WorkerEvent Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return Read(line);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            string text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, 200)]);
            throw new WorkerProtocolException($"'{text}' is no message of a worker ({error.Message})", error);
        }
    }

    private static WorkerEvent Read(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader reader = new(line);
        reader.Read();
        string? kind = null;
        string? python = null;
        string? status = null;
        string? error = null;
        string? traceback = null;
        string? reason = null;
        string? path = null;
        string? sha256 = null;
        long step = -1;
        long bytes = -1;
        int signal = 0;
        ImmutableArray<Report> reports = [];
        long run = -1;
        int protocol = 0;
        int group = 0;
        int process = 0;
        bool wait = false;
        bool reusable = false;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("expected an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> name = reader.ValueSpan;
            if (name.SequenceEqual("ev"u8))
            {
                kind = NextString(ref reader);
            }
            else if (name.SequenceEqual("trial"u8))
            {
                reader.Read();
                run = reader.GetInt64();
            }
            else if (name.SequenceEqual("reports"u8))
            {
                reports = ReadReports(ref reader);
            }
            else if (name.SequenceEqual("wait"u8))
            {
                wait = NextBoolean(ref reader);
            }
            else if (name.SequenceEqual("status"u8))
            {
                status = NextString(ref reader);
            }
            else if (name.SequenceEqual("error"u8))
            {
                error = NextString(ref reader);
            }
            else if (name.SequenceEqual("traceback"u8))
            {
                traceback = NextString(ref reader);
            }
            else if (name.SequenceEqual("reason"u8))
            {
                reason = NextString(ref reader);
            }
            else if (name.SequenceEqual("reusable"u8))
            {
                reusable = NextBoolean(ref reader);
            }
            else if (name.SequenceEqual("pgid"u8))
            {
                reader.Read();
                group = reader.GetInt32();
            }
            else if (name.SequenceEqual("pid"u8))
            {
                reader.Read();
                process = reader.GetInt32();
            }
            else if (name.SequenceEqual("step"u8))
            {
                reader.Read();
                step = reader.GetInt64();
            }
            else if (name.SequenceEqual("path"u8))
            {
                path = NextString(ref reader);
            }
            else if (name.SequenceEqual("bytes"u8))
            {
                reader.Read();
                bytes = reader.GetInt64();
            }
            else if (name.SequenceEqual("sha256"u8))
            {
                sha256 = NextString(ref reader);
            }
            else if (name.SequenceEqual("signal"u8))
            {
                reader.Read();
                signal = reader.TokenType == JsonTokenType.Null ? 0 : reader.GetInt32();
            }
            else if (name.SequenceEqual("python"u8))
            {
                python = NextString(ref reader);
            }
            else if (name.SequenceEqual("protocol"u8))
            {
                reader.Read();
                protocol = reader.GetInt32();
            }
            else
            {
                reader.Skip();
            }
        }

        return kind switch
        {
            "ready" => new Ready(process, python ?? "unknown", protocol),
            "report" when !reports.IsEmpty => new Reported(run, reports, wait),
            "checkpoint" when path is not null && sha256 is { Length: 64 } && step >= 0 && bytes >= 0 => new Saved(run, step, path, bytes, sha256),
            "spawned" => new Spawned(run, group),
            "end" => new Ended(run, StatusOf(status), reports, error, traceback, reason, reusable, signal),
            _ => throw new JsonException($"event {kind} is not known or not complete"),
        };
    }

    private static SegmentStatus StatusOf(string? status) => status switch
    {
        "completed" => SegmentStatus.Completed,
        "failed" => SegmentStatus.Failed,
        "stopped" => SegmentStatus.Stopped,
        "paused" => SegmentStatus.Paused,
        _ => throw new JsonException($"status {status} is not known"),
    };

    private static string? NextString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    private static bool NextBoolean(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetBoolean();
    }

    private static ImmutableArray<Report> ReadReports(ref Utf8JsonReader reader)
    {
        reader.Read();
        ImmutableArray<Report>.Builder reports = ImmutableArray.CreateBuilder<Report>(1);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            reports.Add(ReadReport(ref reader));
        }

        return reports.DrainToImmutable();
    }

    private static Report ReadReport(ref Utf8JsonReader reader)
    {
        long step = 0;
        double time = 0;
        Metrics? metrics = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("step"u8))
            {
                reader.Read();
                step = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("t"u8))
            {
                reader.Read();
                time = reader.GetDouble();
            }
            else if (reader.ValueTextEquals("metrics"u8))
            {
                reader.Read();
                metrics = JsonSerializer.Deserialize<Metrics>(ref reader, EngineJson.Options);
            }
            else
            {
                reader.Skip();
            }
        }

        return new(step, metrics ?? throw new JsonException("a report has no metrics"), DateTimeOffset.UnixEpoch.AddSeconds(time));
    }
}
