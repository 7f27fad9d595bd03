namespace HpoServerless.Engine.Errors;

/// <summary>One thing that is wrong with an input.</summary>
/// <param name="Path">Where: dotted, from the document's root (for example <c>search_space.lr.low</c>).</param>
/// <param name="Value">What stood there, as JSON; null where the value is missing.</param>
/// <param name="Rule">What is allowed, as the end of a sentence that begins with the path ("must be above 0").</param>
public sealed record Fault(string Path, string? Value, string Rule)
{
    private const int LongestValue = 200;

    /// <summary>The fault as one sentence for people, on one line; a long value is cut.</summary>
    public override string ToString() => Value is null ? $"{Path} {Rule}" : $"{Path} {Rule}, was {OnOneLine(Value)}";

    private static string OnOneLine(string value)
    {
        string line = string.Join(' ', value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestValue ? line : $"{line.AsSpan(0, char.IsHighSurrogate(line[LongestValue - 1]) ? LongestValue - 1 : LongestValue)}...";
    }
}
