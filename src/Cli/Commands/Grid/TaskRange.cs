using System.Globalization;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>Numbers of tasks from one to another, both included.</summary>
/// <param name="From">The lowest; null for any.</param>
/// <param name="To">The highest; null for any.</param>
internal sealed record TaskRange(long? From, long? To)
{
    /// <summary>Reads <c>A-B</c>, <c>A-</c>, <c>-B</c> or <c>A</c>.</summary>
    public static TaskRange? Read(string? text, List<Fault> faults)
    {
        if (text is null)
        {
            return null;
        }

        string[] ends = text.Split('-');
        long? from = Number(ends[0]);
        long? to = ends.Length == 1 ? from : Number(ends[^1]);
        bool isNumber = Array.TrueForAll(ends, end => end.Length == 0 || Number(end) is not null);
        if (ends.Length > 2 || !isNumber || (from ?? to) is null || from > to)
        {
            faults.Add(new("--range", JsonSerializer.Serialize(text), "must be A-B, A- or =-B with the numbers of tasks, A at most B; both ends are included"));
            return null;
        }

        return new(from, to);
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
