using System.Text.Json;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What a visit to a kept worker found.</summary>
internal sealed record VisitAnswer
{
    private static ReadOnlySpan<byte> Mark => "\nHPO-VISIT "u8;

    /// <summary>Whether its folder is gone.</summary>
    public bool Missing { get; init; }

    /// <summary>Whether its keeper is there.</summary>
    public bool Kept { get; init; }

    /// <summary>How it ended; null where it did not, or nobody knows.</summary>
    public VisitState? State { get; init; }

    /// <summary>The last that it complained of.</summary>
    public string? Words { get; init; }

    /// <summary>Length of the inbox.</summary>
    public long Inbox { get; init; }

    public VisitTakenBefore Taken { get; init; } = new();

    public long OutboxAt { get; init; }

    public int Outbox { get; init; }

    /// <summary>Whether there is more in the outbox.</summary>
    public bool More { get; init; }

    public long LogAt { get; init; }

    public int Log { get; init; }

    public bool MoreLog { get; init; }

    /// <summary>What the worker said.</summary>
    public ReadOnlyMemory<byte> Said { get; private set; }

    /// <summary>What its log got.</summary>
    public ReadOnlyMemory<byte> Logged { get; private set; }

    /// <exception cref="JsonException">It is none.</exception>
    public static VisitAnswer Parse(ReadOnlyMemory<byte> answer)
    {
        int start = answer.Span.IndexOf(Mark);
        ReadOnlyMemory<byte> text = start < 0 ? default : answer[(start + Mark.Length)..];
        int end = text.Span.IndexOf((byte)'\n');
        if (end < 0 || VisitRequest.Read<VisitAnswer>(text.Span[..end]) is not { } read || text.Length - end - 1 != read.Outbox + read.Log)
        {
            throw new JsonException("the answer is torn");
        }

        read.Said = text.Slice(end + 1, read.Outbox);
        read.Logged = text.Slice(end + 1 + read.Outbox, read.Log);
        return read;
    }
}

/// <summary>How a kept worker ended.</summary>
internal sealed record VisitState(int Code, string? Why);

/// <summary>What a host noted there.</summary>
internal sealed record VisitTakenBefore(long At = 0, long Step = 0);
