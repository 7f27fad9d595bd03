using System.Text;

namespace HpoServerless.Functions.Access;

/// <summary>Texts of users for logs and lists: on one line, without what terminals obey, and not too long.</summary>
internal static class Printable
{
    private const char Instead = '?';

    /// <summary>The text with <c>?</c> in place of control characters, of separators of lines, of what changes the direction of writing and of halves of characters.</summary>
    public static string Of(string text, int longest = 200)
    {
        StringBuilder safe = new(Math.Min(text.Length, longest));
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isSafe = rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.PrivateUse);
            if (safe.Length + rune.Utf16SequenceLength > longest)
            {
                break;
            }

            safe.Append(isSafe ? rune.ToString() : Instead.ToString());
        }

        return safe.ToString();
    }
}
