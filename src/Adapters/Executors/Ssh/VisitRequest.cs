using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What a visit to a kept worker is to do; <c>hpo_trial/detached/visit.py</c> says what the members mean.</summary>
internal sealed record VisitRequest(string Folder)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public long InboxAt { get; init; } = -1;

    public int Bytes { get; init; }

    public long OutboxAt { get; init; } = -1;

    public int OutboxMax { get; init; }

    public VisitTaken? Taken { get; init; }

    public VisitLog? Log { get; init; }

    public bool Kill { get; init; }

    public bool Forget { get; init; }

    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>One line.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n'];

    /// <summary>Reads an answer: what comes after the mark.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize<T>(line, Json);
}

/// <summary>Up to where the outbox is dealt with.</summary>
internal sealed record VisitTaken(long At, long Step);

/// <summary>What is wanted of a log, and what of it is known.</summary>
internal sealed record VisitLog(string Path, long At, string Sha256, int Max);
