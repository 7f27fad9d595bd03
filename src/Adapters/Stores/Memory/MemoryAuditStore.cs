using System.Collections.Immutable;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Memory;

/// <summary>The audit log in memory.</summary>
internal sealed class MemoryAuditStore : IAuditStore
{
    private ImmutableSortedDictionary<string, AuditEntry> _entries = ImmutableSortedDictionary.Create<string, AuditEntry>(StringComparer.Ordinal);

    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ImmutableInterlocked.Update(ref _entries, known => known.SetItem(entry.Id, entry));
    }

    public async Task<Page<AuditEntry>> ListAsync(AuditQuery query, PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return AuditPages.Of(_entries.Values, query, page);
    }

    public async Task PruneAsync(DateOnly before, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ImmutableInterlocked.Update(ref _entries, known => known.RemoveRange(known.Where(entry => DateOnly.FromDateTime(entry.Value.At.UtcDateTime) < before).Select(entry => entry.Key)));
    }
}
