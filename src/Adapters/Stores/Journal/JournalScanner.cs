using HpoServerless.Engine.Errors;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Reads a journal line by line and checks every seal. Works on a file that grows meanwhile.</summary>
/// <param name="file">The open file.</param>
/// <param name="path">Its name, for messages.</param>
/// <param name="start">Where to begin.</param>
internal sealed class JournalScanner(SafeFileHandle file, string path, JournalPosition start)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _begin;
    private int _end;

    /// <summary>The end of the last line that was read.</summary>
    public JournalPosition Position { get; private set; } = start;

    /// <summary>Where the last line stands.</summary>
    public Extent Extent { get; private set; }

    /// <summary>Bytes after the last whole line: a line that was being written when its writer died, or is being written now.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Reads the next line.</summary>
    /// <param name="line">The line without its line feed; valid until the next call.</param>
    /// <returns>False at the end of the last whole line.</returns>
    /// <exception cref="CorruptDataException">A line is damaged and is not the last one.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_begin, _end - _begin);
            int feed = rest[searched..].IndexOf((byte)'\n');
            if (feed >= 0)
            {
                return TryTake(searched + feed, out line);
            }

            searched = rest.Length;
            if (!Fill())
            {
                line = default;
                return Torn(searched);
            }
        }
    }

    private bool TryTake(int length, out ReadOnlySpan<byte> line)
    {
        line = _buffer.AsSpan(_begin, length);
        if (LineSeal.IsWhole(line, Position.Chain, out uint crc))
        {
            Extent = new(Position.Offset, length);
            Position = new(Position.Offset + length + 1, crc, Position.Lines + 1);
            _begin += length + 1;
            return true;
        }

        if (_end - _begin > length + 1 || Fill())
        {
            throw Damaged();
        }

        line = default;
        return Torn(length + 1);
    }

    private bool Torn(int bytes)
    {
        TornBytes = bytes;
        return LineSeal.HidesLine(_buffer.AsSpan(_begin, bytes), Position.Chain) ? throw Damaged() : false;
    }

    private bool Fill()
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            _end -= _begin;
            _begin = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = RandomAccess.Read(file, _buffer.AsSpan(_end), Position.Offset + _end);
        _end += read;
        return read > 0;
    }

    private CorruptDataException Damaged() =>
        new($"{path}, line {Position.Lines + 1}", "its checksum must match its content and the lines before it; restore the file from a copy or delete the experiment");
}
