using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Finds a segment's task again after a restart, and knows what the outcome depends on.</summary>
/// <param name="Job">Id of the job.</param>
/// <param name="Task">Id of the task.</param>
/// <param name="Attempt">How often the segment was started before.</param>
/// <param name="Limit">Its time limit; null for none.</param>
/// <param name="StopGrace">What its experiment grants a program that is told to stop; null where it does not say.</param>
internal sealed record TaskHandle(string Job, string Task, int Attempt, TimeSpan? Limit, TimeSpan? StopGrace)
{
    private const char Separator = '/';
    private const int Parts = 5;

    public static bool TryParse(string text, [NotNullWhen(true)] out TaskHandle? handle)
    {
        string[] parts = text.Split(Separator);
        handle = parts.Length == Parts && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int attempt)
            ? new(parts[0], parts[1], attempt, Time(parts[3]), Time(parts[4]))
            : null;
        return handle is not null;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Job}/{Task}/{Attempt}/{Limit?.TotalMilliseconds}/{StopGrace?.TotalMilliseconds}");

    private static TimeSpan? Time(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
