using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores;

/// <summary>Pages of audit logs: a continuation is the id of the last entry.</summary>
internal static class AuditPages
{
    /// <summary>The id after which a page begins; null for the first page.</summary>
    /// <exception cref="InvalidInputException">It is none.</exception>
    public static string? After(PageRequest page) => page.Continuation is not { } given ? null
        : given.Length is >= AuditEntry.TimeDigits and <= 40 && given.All(char.IsAsciiLetterOrDigit) ? given
        : throw new InvalidInputException(new Fault("continuation", given, "must be one that was given out: follow nextLink as it is"));

    /// <summary>The page of some entries, by ascending id, of which one more than wanted may be there.</summary>
    public static Page<AuditEntry> Of(IReadOnlyList<AuditEntry> found, int size) =>
        new([.. found.Take(size)], found.Count > size ? found[size - 1].Id : null);

    /// <summary>The page of all entries that there are.</summary>
    public static Page<AuditEntry> Of(IEnumerable<AuditEntry> entries, AuditQuery query, PageRequest page)
    {
        string? after = After(page);
        return Of(entries.Where(entry => query.Wants(entry) && (after is null || string.CompareOrdinal(entry.Id, after) > 0)).Take(page.Size + 1).ToImmutableArray(), page.Size);
    }
}
