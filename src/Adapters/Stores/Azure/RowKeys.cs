using System.Globalization;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Row keys of one experiment's partition. Numbers are padded, because keys sort as text.</summary>
internal static class RowKeys
{
    /// <summary>The experiment itself: definition, summary, last turn.</summary>
    public const string Head = "head";

    private const string TurnPrefix = "turn-";
    private const string TrialPrefix = "trial-";

    /// <summary>Follows all keys of turns.</summary>
    public const string TurnsEnd = "turn.";

    /// <summary>Follows all keys of trials.</summary>
    public const string TrialsEnd = "trial.";

    public static string Turn(int number) => string.Create(CultureInfo.InvariantCulture, $"{TurnPrefix}{number:D10}");

    public static string Trial(int number) => string.Create(CultureInfo.InvariantCulture, $"{TrialPrefix}{number:D10}");
}
