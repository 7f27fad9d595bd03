using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>Finds a segment's job again after a restart, and knows what the outcome depends on.</summary>
/// <param name="Job">Number of the job.</param>
/// <param name="Name">Its name, which tells it from a later job of the same number.</param>
/// <param name="Attempt">How often the segment was started before.</param>
/// <param name="Limit">Its time limit; null for none.</param>
/// <param name="StopGrace">What its experiment grants a program that is told to stop; null where it does not say.</param>
internal sealed record SlurmHandle(long Job, string Name, int Attempt, TimeSpan? Limit, TimeSpan? StopGrace)
{
    private const int Parts = 5;

    public static bool TryParse(string text, [NotNullWhen(true)] out SlurmHandle? handle)
    {
        string[] parts = text.Split('/');
        handle = parts.Length == Parts
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long job)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int attempt)
            ? new(job, parts[1], attempt, Time(parts[3]), Time(parts[4]))
            : null;
        return handle is not null;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Job}/{Name}/{Attempt}/{Limit?.TotalMilliseconds}/{StopGrace?.TotalMilliseconds}");

    private static TimeSpan? Time(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
