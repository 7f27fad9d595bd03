namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Cuts a stream of bytes into lines of bounded length, without copying them.</summary>
internal sealed class LineReader(Stream stream, int maxLength = LineReader.DefaultMaxLength)
{
    public const int DefaultMaxLength = 64 << 20;

    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <summary>The next line without its end; null at the end of the stream (a last line without an end is dropped: it is torn).</summary>
    /// <returns>Valid until the next call.</returns>
    /// <exception cref="WorkerProtocolException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation = default)
    {
        for (int searched = _start; ;)
        {
            int length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, searched + length - _start);
                _start = searched + length + 1;
                return line;
            }

            int known = _end - _start;
            MakeRoom();
            searched = _start + known;
            int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (count == 0)
            {
                return null;
            }

            _end += count;
        }
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }

        if (_end < _buffer.Length)
        {
            return;
        }

        int known = _end - _start;
        if (known >= maxLength)
        {
            throw new WorkerProtocolException($"a line is longer than {maxLength} bytes");
        }

        byte[] target = known > _buffer.Length / 2 ? new byte[(int)Math.Min((long)_buffer.Length * 2, Math.Max(maxLength, _buffer.Length + 1))] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, known);
        (_buffer, _start, _end) = (target, 0, known);
    }
}
