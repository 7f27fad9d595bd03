using System.Collections.Immutable;
using System.Text;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Writes trial numbers in little space: the difference of each to the one before, five bits a character; consecutive numbers take one character each.</summary>
internal static class TrialNumbers
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const int Bits = 5;
    private const uint More = 1 << Bits;

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    public static ImmutableArray<int> Parse(string text)
    {
        ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>();
        int number = 0;
        uint folded = 0;
        int shift = 0;
        foreach (char digit in text)
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

    /// <summary>Letters, digits, <c>-</c> and <c>_</c>; empty for none.</summary>
    public static string ToText(ImmutableArray<int> numbers)
    {
        StringBuilder text = new(numbers.Length);
        int before = 0;
        foreach (int number in numbers)
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

        return text.ToString();
    }
}
