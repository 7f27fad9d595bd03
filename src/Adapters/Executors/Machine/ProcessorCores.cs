using System.Collections.Immutable;
using System.Globalization;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>Finds the processor cores that this process may use.</summary>
internal static class ProcessorCores
{
    private const int Largest = 4095;
    private const string Status = "/proc/self/status";
    private const string AllowedPrefix = "Cpus_allowed_list:";

    public static ImmutableArray<int> Find()
    {
        if (File.Exists(Status))
        {
            string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(AllowedPrefix, StringComparison.Ordinal));
            if (line is not null && Parse(line[AllowedPrefix.Length..]) is { IsEmpty: false } allowed)
            {
                return allowed;
            }
        }

        return [.. Enumerable.Range(0, Environment.ProcessorCount)];
    }

    /// <summary>Reads <c>0-3,8</c>.</summary>
    /// <returns>Ascending numbers; null where it is no such list.</returns>
    public static ImmutableArray<int>? Parse(string text)
    {
        SortedSet<int> cores = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryRead(ends[0], out int first) || !TryRead(ends[^1], out int last) || last < first)
            {
                return null;
            }

            cores.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. cores];
    }

    private static bool TryRead(string text, out int core) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out core) && core <= Largest;
}
