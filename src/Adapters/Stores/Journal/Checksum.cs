using System.Numerics;
using System.Runtime.InteropServices;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>CRC-32C (Castagnoli), which processors compute.</summary>
internal static class Checksum
{
    /// <summary>The checksum of some bytes that follow others.</summary>
    /// <param name="before">Checksum of what comes before; 0 for nothing.</param>
    /// <param name="bytes">The bytes.</param>
    public static uint Continue(uint before, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~before;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (byte last in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, last);
        }

        return ~crc;
    }
}
