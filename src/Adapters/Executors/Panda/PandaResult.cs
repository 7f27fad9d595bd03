using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>What a job left: how the segment ended, its reports, and the states and the log that there was room for.</summary>
internal sealed record PandaResult
{
    private const int Format = 1;
    private const int LargestPart = 256 << 20;

    public required SegmentStatus Status { get; init; }

    /// <summary>Whether the segment ended because it must be told how to go on.</summary>
    public bool Asks { get; init; }

    public string? Error { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset Began { get; init; }

    public DateTimeOffset Ended { get; init; }

    public ImmutableArray<Report> Reports { get; init; } = [];

    /// <summary>How many reports were left out because there were too many.</summary>
    public int Thinned { get; init; }

    /// <summary>Step, SHA-256 and content, oldest first.</summary>
    public ImmutableArray<(long Step, string Sha256, ReadOnlyMemory<byte> Content)> Checkpoints { get; init; } = [];

    public string? Log { get; init; }

    /// <summary>Reads a job's metadata.</summary>
    /// <param name="metadata">The file's content.</param>
    /// <param name="key">What it must have.</param>
    /// <returns>Null where it is another job's, or not one of ours.</returns>
    public static PandaResult? Read(JsonElement metadata, string key)
    {
        try
        {
            if (metadata.ValueKind != JsonValueKind.Object || !metadata.TryGetProperty("hpo", out JsonElement hpo)
                || hpo.GetProperty("format").GetInt32() != Format || hpo.GetProperty("key").GetString() != key)
            {
                return null;
            }

            using JsonDocument content = JsonDocument.Parse(Unpack(hpo.GetProperty("content").GetString()!));
            JsonElement body = content.RootElement;
            return new()
            {
                Status = StatusOf(body.GetProperty("status").GetString()),
                Asks = body.GetProperty("asks").GetBoolean(),
                Error = Text(body, "error"),
                Reason = Text(body, "reason"),
                Began = DateTimeOffset.UnixEpoch.AddSeconds(body.GetProperty("began").GetDouble()),
                Ended = DateTimeOffset.UnixEpoch.AddSeconds(body.GetProperty("ended").GetDouble()),
                Reports = [.. body.GetProperty("reports").EnumerateArray().Select(ReadReport)],
                Thinned = body.TryGetProperty("thinned", out JsonElement thinned) ? thinned.GetInt32() : 0,
                Checkpoints =
                [
                    .. hpo.GetProperty("checkpoints").EnumerateArray()
                        .Select(saved => (saved.GetProperty("step").GetInt64(), Sha256: saved.GetProperty("sha256").GetString()!, Content: (ReadOnlyMemory<byte>)Unpack(saved.GetProperty("content").GetString()!)))
                        .Where(saved => saved.Sha256 == Convert.ToHexStringLower(SHA256.HashData(saved.Content.Span))),
                ],
                Log = Text(hpo, "log") is { } log ? Text(JsonSerializer.Deserialize<JsonElement>(Unpack(log)), "log") : null,
            };
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidDataException or KeyNotFoundException or InvalidOperationException)
        {
            return null; // another program's, or cut off
        }
    }

    private static Report ReadReport(JsonElement report) => new(
        report[0].GetInt64(), report[1].Deserialize<Metrics>(EngineJson.Options)!, DateTimeOffset.UnixEpoch.AddSeconds(report[2].GetDouble()));

    private static byte[] Unpack(string text)
    {
        using GZipStream gzip = new(new MemoryStream(Convert.FromBase64String(text), writable: false), CompressionMode.Decompress);
        using MemoryStream plain = new();
        byte[] part = new byte[1 << 16];
        for (int read; (read = gzip.Read(part)) > 0;)
        {
            plain.Write(part, 0, read);
            if (plain.Length > LargestPart)
            {
                throw new InvalidDataException("it unpacks to more than any job of ours writes");
            }
        }

        return plain.ToArray();
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static SegmentStatus StatusOf(string? status) => status switch
    {
        "completed" => SegmentStatus.Completed,
        "failed" => SegmentStatus.Failed,
        "stopped" => SegmentStatus.Stopped,
        "paused" => SegmentStatus.Paused,
        "lost" => SegmentStatus.Lost,
        _ => throw new JsonException($"status {status} is not known"),
    };
}
