using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Writes trial numbers in little space: the difference of each to the one before, five bits a character; consecutive numbers take one character each.</summary>
internal sealed class TrialNumbers : JsonConverter<ImmutableArray<int>>
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const int Bits = 5;
    private const uint More = 1 << Bits;

    public override ImmutableArray<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>();
        int number = 0;
        uint folded = 0;
        int shift = 0;
        foreach (char digit in reader.GetString()!)
        {
            uint bits = (uint)Digits.IndexOf(digit, StringComparison.Ordinal);
            folded |= (bits & (More - 1)) << shift;
            shift += Bits;
            if ((bits & More) == 0)
            {
                number += (int)(folded >> 1) ^ -(int)(folded & 1);
                numbers.Add(number);
                (folded, shift) = (0, 0);
            }
        }

        return numbers.DrainToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableArray<int> value, JsonSerializerOptions options)
    {
        StringBuilder text = new();
        int before = 0;
        foreach (int number in value)
        {
            int difference = number - before;
            before = number;
            uint folded = (uint)((difference << 1) ^ (difference >> 31)); // the sign goes last, so that small differences are short
            for (; folded >= More; folded >>= Bits)
            {
                text.Append(Digits[(int)((folded & (More - 1)) | More)]);
            }

            text.Append(Digits[(int)folded]);
        }

        writer.WriteStringValue(text.ToString());
    }
}
