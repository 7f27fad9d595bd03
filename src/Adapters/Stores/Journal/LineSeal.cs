using System.Buffers;
using System.Buffers.Text;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The last property of every line: a checksum of the line and of all lines before it, so that no line can be changed, lost or moved unnoticed.</summary>
/// <remarks>A sealed line is one JSON object: <c>{…,"crc":"0123abcd"}</c> and a line feed. The checksum covers all bytes before <c>,"crc"</c>.</remarks>
internal static class LineSeal
{
    /// <summary>Bytes of a seal without the line feed.</summary>
    public const int Length = 18;

    private static ReadOnlySpan<byte> Opening => ",\"crc\":\""u8;

    private static ReadOnlySpan<byte> Closing => "\"}"u8;

    /// <summary>Seals the JSON object in a buffer: takes its closing brace away and puts seal and line feed there.</summary>
    /// <param name="buffer">One JSON object of at least one property.</param>
    /// <param name="chain">Checksum of the line before; 0 for none.</param>
    /// <returns>Checksum of this line.</returns>
    public static uint Close(LineBuffer buffer, uint chain)
    {
        Span<byte> json = buffer.Written;
        json.Replace((byte)'\n', (byte)' '); // raw JSON that came from users may span lines; there it is white space
        buffer.Truncate(json.Length - 1);
        uint crc = Checksum.Continue(chain, buffer.Written);
        buffer.Write(Opening);
        Utf8Formatter.TryFormat(crc, buffer.GetSpan(8), out int written, new StandardFormat('x', 8));
        buffer.Advance(written);
        buffer.Write(Closing);
        buffer.Write("\n"u8);
        return crc;
    }

    /// <summary>Whether a line is whole.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="chain">Checksum of the line before; 0 for none.</param>
    /// <param name="crc">Checksum of this line.</param>
    public static bool IsWhole(ReadOnlySpan<byte> line, uint chain, out uint crc)
    {
        crc = 0;
        return line.Length > Length && TryReadCrc(line[^Length..], out crc) && Checksum.Continue(chain, line[..^Length]) == crc;
    }

    /// <summary>Whether these bytes, the last of a line without its line feed, are the seal of a checksum.</summary>
    public static bool Is(ReadOnlySpan<byte> seal, uint crc) => TryReadCrc(seal, out uint found) && found == crc;

    /// <summary>Whether whole lines are hidden in bytes that are no line, because the line feed between them was overwritten.</summary>
    public static bool HidesLine(ReadOnlySpan<byte> bytes, uint chain)
    {
        int from = 0;
        for (int at; (at = bytes[from..].IndexOf(Opening)) >= 0; from += at + 1)
        {
            int end = from + at + Length;
            if (end < bytes.Length && IsWhole(bytes[..end], chain, out _))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryReadCrc(ReadOnlySpan<byte> seal, out uint crc)
    {
        crc = 0;
        return seal.Length == Length && seal.StartsWith(Opening) && seal.EndsWith(Closing)
            && Utf8Parser.TryParse(seal.Slice(Opening.Length, 8), out crc, out int read, 'x') && read == 8;
    }
}
