using System.Globalization;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Row keys of one experiment's partition. Numbers are padded, because keys sort as text.</summary>
internal static class RowKeys
{
    /// <summary>The experiment itself: definition, summary, last turn.</summary>
    public const string Head = "head";

    /// <summary>
    /// Exists while events may be posted: every post touches it in its transaction and so fails once the experiment is gone.
    /// Not the head, because that would make every post stand in the way of the commit that runs at the same time.
    /// </summary>
    public const string Door = "door";

    private const string TurnPrefix = "turn-";
    private const string TrialPrefix = "trial-";
    private const string EventPrefix = "inbox-";

    /// <summary>Follows all keys of turns.</summary>
    public const string TurnsEnd = "turn.";

    /// <summary>Follows all keys of trials.</summary>
    public const string TrialsEnd = "trial.";

    /// <summary>Comes before all keys of events.</summary>
    public const string EventsStart = EventPrefix;

    /// <summary>Follows all keys of events.</summary>
    public const string EventsEnd = "inbox.";

    public static string Turn(int number) => string.Create(CultureInfo.InvariantCulture, $"{TurnPrefix}{number:D10}");

    public static string Trial(int number) => string.Create(CultureInfo.InvariantCulture, $"{TrialPrefix}{number:D10}");

    public static string Event(string id) => EventPrefix + id;
}
