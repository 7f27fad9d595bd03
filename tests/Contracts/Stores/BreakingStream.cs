namespace HpoServerless.Contracts.Stores;

/// <summary>Gives so many zeros and then fails, as a disk does.</summary>
public sealed class BreakingStream(int goodBytes) : Stream
{
    private int _left = goodBytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = Math.Min(count, _left);
        if (read == 0 && count > 0)
        {
            throw new IOException("the disk is broken");
        }

        buffer.AsSpan(offset, read).Clear();
        _left -= read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
