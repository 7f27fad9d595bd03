using System.Globalization;
using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The audit log as a table: a partition a day, later ones first, and in it the ids, which are later ones first too.</summary>
internal sealed class AzureAuditStore(TableGateway rows) : IAuditStore
{
    private const int Batch = 100;

    public async Task AppendAsync(AuditEntry entry, CancellationToken cancellation)
    {
        TableEntity row = new(PartitionOf(DateOnly.FromDateTime(entry.At.UtcDateTime)), entry.Id)
        {
            ["At"] = entry.At,
            ["User"] = entry.User,
            ["Name"] = entry.Name,
            ["Role"] = entry.Role,
            ["Action"] = entry.Action,
            ["Target"] = entry.Target,
            ["Status"] = entry.Status,
            ["TraceId"] = entry.TraceId,
        };
        await rows.SubmitAsync([new(TableTransactionActionType.Add, row)], cancellation); // where it is there already, an answer was lost
    }

    public async Task<Page<AuditEntry>> ListAsync(AuditQuery query, PageRequest page, CancellationToken cancellation)
    {
        List<string> parts = [];
        List<object> values = [];
        Need("RowKey gt {0}", AuditPages.After(page));
        Need("RowKey le {0}", query.From is { } from ? AuditEntry.IdAt(from, "~") : null);
        Need("PartitionKey le {0}", query.From is { } first ? PartitionOf(DateOnly.FromDateTime(first.UtcDateTime)) : null);
        Need("RowKey ge {0}", query.To is { } to ? AuditEntry.IdAt(to.AddTicks(-1)) : null);
        Need("PartitionKey ge {0}", query.To is { } last ? PartitionOf(DateOnly.FromDateTime(last.UtcDateTime)) : null);
        Need("User eq {0}", query.User);
        Need("Target eq {0}", query.Target);
        if (parts.Count == 0)
        {
            Need("PartitionKey ge {0}", "0");
        }

        FormattableString filter = FormattableStringFactory.Create(string.Join(" and ", parts), [.. values]);
        (List<TableEntity> found, _) = await rows.TakeAsync(filter, page.Size + 1, cancellation);
        return AuditPages.Of([.. found.Select(Of)], page.Size);

        void Need(string part, string? value)
        {
            if (value is not null)
            {
                parts.Add(part.Replace("{0}", $"{{{values.Count}}}", StringComparison.Ordinal));
                values.Add(value);
            }
        }
    }

    public async Task PruneAsync(DateOnly before, CancellationToken cancellation)
    {
        await foreach (RowPage page in rows.QueryAsync($"PartitionKey gt {PartitionOf(before)}", TableGateway.MaxPage, cancellation, ["PartitionKey", "RowKey"]))
        {
            foreach (IGrouping<string, TableEntity> day in page.Rows.GroupBy(row => row.PartitionKey))
            {
                foreach (TableEntity[] some in day.Chunk(Batch))
                {
                    await rows.SubmitAsync([.. some.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(row.PartitionKey, row.RowKey), global::Azure.ETag.All))], cancellation);
                }
            }
        }
    }

    /// <summary>Smaller for later days.</summary>
    private static string PartitionOf(DateOnly day) => (DateOnly.MaxValue.DayNumber - day.DayNumber).ToString("D7", CultureInfo.InvariantCulture);

    private static AuditEntry Of(TableEntity row) => new(
        row.RowKey,
        row.GetDateTimeOffset("At") ?? default,
        row.GetString("User") ?? string.Empty,
        row.GetString("Name") ?? string.Empty,
        row.GetString("Role") ?? string.Empty,
        row.GetString("Action") ?? string.Empty,
        row.GetString("Target") ?? string.Empty,
        row.GetInt32("Status") ?? 0,
        row.GetString("TraceId") ?? string.Empty);
}
