using System.Buffers;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>A buffer to write one line into, over and over. Large lines do not make it large for ever.</summary>
internal sealed class LineBuffer : IBufferWriter<byte>
{
    private const int Small = 16 * 1024;
    private const int Large = 1024 * 1024;
    private byte[] _bytes = new byte[Small];
    private int _length;

    public Span<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        if (_bytes.Length > Large)
        {
            _bytes = new byte[Small];
        }
    }

    public void Truncate(int length) => _length = length;

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(_length);
    }

    private void MakeRoom(int wanted)
    {
        if (_bytes.Length - _length < Math.Max(wanted, 256))
        {
            Array.Resize(ref _bytes, Math.Max(_length + Math.Max(wanted, 256), 2 * _bytes.Length));
        }
    }
}
