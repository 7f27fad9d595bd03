using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Finds a segment's task again after a restart.</summary>
/// <param name="Task">Number of its first task; 0 where it has none.</param>
/// <param name="Key">What comes back must have.</param>
/// <param name="Attempt">How often the segment was started before.</param>
/// <param name="Began">When it was submitted.</param>
internal sealed record PandaHandle(long Task, string Key, int Attempt, DateTimeOffset Began)
{
    private const int Parts = 4;

    public static bool TryParse(string text, [NotNullWhen(true)] out PandaHandle? handle)
    {
        string[] parts = text.Split('/');
        handle = parts.Length == Parts
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long task)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int attempt)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out long began)
            ? new(task, parts[1], attempt, DateTimeOffset.FromUnixTimeSeconds(began))
            : null;
        return handle is not null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Task}/{Key}/{Attempt}/{Began.ToUnixTimeSeconds()}");
}
