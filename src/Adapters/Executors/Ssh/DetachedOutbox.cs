using System.Buffers;
using System.Threading.Channels;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>What a kept worker said, as visits bring it from its outbox: whole lines, until somebody reads them.</summary>
internal sealed class DetachedOutbox
{
    private const int Part = 4 << 20;
    private const int MaxUnread = 10_000;

    private readonly Channel<(ReadOnlyMemory<byte> Line, long End)> _lines = Channel.CreateUnbounded<(ReadOnlyMemory<byte>, long)>();
    private readonly ArrayBufferWriter<byte> _rest = new();
    private long _read;
    private long _settled;
    private bool _more;

    /// <summary>How many bytes were fetched.</summary>
    public long At { get; private set; }

    /// <summary>How many bytes a visit may fetch now.</summary>
    public int Room => _lines.Reader.Count < MaxUnread ? Part : 0;

    /// <summary>How many bytes are dealt with.</summary>
    public long SettledAt => Interlocked.Read(ref _settled);

    /// <summary>Whether more was said than was read.</summary>
    public bool HasMore => Volatile.Read(ref _more) || _lines.Reader.TryPeek(out _);

    /// <summary>Goes on where a host before this one ended.</summary>
    public void BeginAt(long bytes) => At = _read = _settled = bytes;

    /// <summary>What was read is dealt with.</summary>
    public void Settle() => Interlocked.Exchange(ref _settled, _read);

    /// <summary>The next line; null when there will be none.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync()
    {
        if (!await _lines.Reader.WaitToReadAsync(CancellationToken.None))
        {
            return null;
        }

        (ReadOnlyMemory<byte> line, _read) = await _lines.Reader.ReadAsync(CancellationToken.None);
        return line;
    }

    /// <summary>Hands on whole lines, and keeps the rest.</summary>
    /// <param name="said">What a visit fetched.</param>
    /// <param name="more">Whether there is more to fetch.</param>
    public void Add(ReadOnlyMemory<byte> said, bool more)
    {
        Volatile.Write(ref _more, more);
        ReadOnlySpan<byte> left = said.Span;
        for (int end = left.IndexOf((byte)'\n'); end >= 0; left = left[(end + 1)..], end = left.IndexOf((byte)'\n'))
        {
            _rest.Write(left[..end]);
            At += end + 1;
            _lines.Writer.TryWrite((_rest.WrittenSpan.ToArray(), At));
            _rest.Clear();
        }

        _rest.Write(left);
        At += left.Length;
    }

    /// <summary>There will be no more.</summary>
    public void End() => _lines.Writer.Complete();
}
