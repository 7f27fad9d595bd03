using System.Globalization;
using System.Text.RegularExpressions;

namespace HpoServerless.Contracts.Batch;

/// <summary>The part of <c>$filter</c> that the double understands: comparisons joined by <c>and</c>.</summary>
internal static partial class BatchFilter
{
    /// <param name="text">The filter; null or empty for all.</param>
    /// <param name="id">Reads the id of a row.</param>
    /// <param name="state">Reads its state.</param>
    /// <param name="changed">Reads when it changed its state.</param>
    /// <exception cref="BatchRefusal">It is not understood.</exception>
    public static Func<T, bool> Parse<T>(string? text, Func<T, string> id, Func<T, string> state, Func<T, DateTimeOffset> changed)
    {
        if (string.IsNullOrEmpty(text))
        {
            return _ => true;
        }

        Func<T, bool>[] clauses = [.. text.Split(" and ").Select(Clause)];
        return row => Array.TrueForAll(clauses, clause => clause(row));

        Func<T, bool> Clause(string clause)
        {
            if (StartsWith().Match(clause) is { Success: true } begins)
            {
                return row => id(row).StartsWith(begins.Groups[1].Value, StringComparison.OrdinalIgnoreCase);
            }

            if (State().Match(clause) is { Success: true } wanted)
            {
                return row => (state(row) == wanted.Groups[2].Value) == (wanted.Groups[1].Value == "eq");
            }

            if (Changed().Match(clause) is { Success: true } since
                && DateTimeOffset.TryParse(since.Groups[1].Value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset from))
            {
                return row => changed(row) >= from;
            }

            throw new BatchRefusal(400, "InvalidQueryParameterValue", $"$filter: {clause}");
        }
    }

    [GeneratedRegex("^startswith\\(id, ?'([^']*)'\\)$", RegexOptions.None, 1000)]
    private static partial Regex StartsWith();

    [GeneratedRegex("^state (eq|ne) '([a-z]+)'$", RegexOptions.None, 1000)]
    private static partial Regex State();

    [GeneratedRegex("^stateTransitionTime ge DateTime'([^']+)'$", RegexOptions.None, 1000)]
    private static partial Regex Changed();
}
