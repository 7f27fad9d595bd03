using System.Buffers.Binary;
using System.Text;

namespace HpoServerless.Contracts.Telemetry;

/// <summary>One message of protobuf, field by field. What is no such message is refused.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Value, byte[] Bytes)> _fields = [];

    public ProtoMessage(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong key = Varint(ref bytes);
            int number = checked((int)(key >> 3));
            Assert.NotEqual(0, number);
            _fields.Add((key & 7) switch
            {
                0 => (number, Varint(ref bytes), []),
                1 => (number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref bytes, 8)), []),
                2 => (number, 0, Take(ref bytes, checked((int)Varint(ref bytes)))),
                5 => (number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, 4)), []),
                ulong kind => throw new InvalidDataException($"{kind} is no kind of field"),
            });
        }
    }

    public IEnumerable<ProtoMessage> Messages(int number) => _fields.Where(field => field.Number == number).Select(field => new ProtoMessage(field.Bytes));

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number));

    public ulong? Number(int number)
    {
        foreach ((int found, ulong value, _) in _fields)
        {
            if (found == number)
            {
                return value;
            }
        }

        return null;
    }

    public bool Has(int number) => _fields.Any(field => field.Number == number);

    private byte[] Bytes(int number) => _fields.Where(field => field.Number == number).Select(field => field.Bytes).FirstOrDefault() ?? [];

    private static byte[] Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        byte[] taken = bytes[..count].ToArray();
        bytes = bytes[count..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Take(ref bytes, 1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
