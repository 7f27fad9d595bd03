using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Ports;

/// <summary>Who did what when. Entries are added and read, never changed, and removed by age alone.</summary>
/// <remarks><see cref="UnavailableException"/> where the storage does not answer. An entry that was added twice under one id is there once.</remarks>
public interface IAuditStore
{
    /// <summary>Adds an entry; it is kept when this returns.</summary>
    Task AppendAsync(AuditEntry entry, CancellationToken cancellation);

    /// <summary>Entries that a query wants, by ascending id, which is newest first.</summary>
    /// <exception cref="InvalidInputException">The continuation is not one that this store gave.</exception>
    Task<Page<AuditEntry>> ListAsync(AuditQuery query, PageRequest page, CancellationToken cancellation);

    /// <summary>Removes what was added on days, in UTC, before one.</summary>
    Task PruneAsync(DateOnly before, CancellationToken cancellation);
}

/// <summary>Somebody did something, or was not let.</summary>
/// <param name="Id">From <see cref="IdAt"/>.</param>
/// <param name="At">When; the id says so, too.</param>
/// <param name="User">Id of who did it.</param>
/// <param name="Name">What people call who did it.</param>
/// <param name="Role">Roles at that time.</param>
/// <param name="Action">What was done (<c>experiment.stop</c>).</param>
/// <param name="Target">With what (<c>experiments/first</c>).</param>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="TraceId">Under which logs tell more.</param>
public sealed record AuditEntry(string Id, DateTimeOffset At, string User, string Name, string Role, string Action, string Target, int Status, string TraceId)
{
    /// <summary>Digits of an id that stand for its time.</summary>
    public const int TimeDigits = 19;

    /// <summary>An id of an entry: smaller for what is later.</summary>
    /// <param name="at">When it was.</param>
    /// <param name="number">Tells entries of one moment apart; 8 digits and letters.</param>
    public static string IdAt(DateTimeOffset at, string number = "") => FormattableString.Invariant($"{DateTime.MaxValue.Ticks - at.UtcTicks:D19}{number}");
}

/// <summary>Which entries are wanted; null for all.</summary>
/// <param name="From">Not before.</param>
/// <param name="To">Before.</param>
/// <param name="User">Id of who did it.</param>
/// <param name="Target">With what.</param>
public sealed record AuditQuery(DateTimeOffset? From = null, DateTimeOffset? To = null, string? User = null, string? Target = null)
{
    /// <summary>Whether an entry is wanted.</summary>
    public bool Wants(AuditEntry entry) =>
        (From is null || entry.At >= From) && (To is null || entry.At < To) && (User is null || entry.User == User) && (Target is null || entry.Target == Target);
}
