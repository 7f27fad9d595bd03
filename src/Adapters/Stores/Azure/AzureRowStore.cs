using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Rows of one table; their versions are its ETags.</summary>
internal sealed class AzureRowStore(TableGateway rows) : IRowStore
{
    private const string Content = "Content";

    public async Task<StoredRow?> FindAsync(string partition, string key, CancellationToken cancellation)
    {
        RowRules.Check(partition, key);
        return await rows.FindAsync(partition, key, cancellation) is { } row ? Of(row) : null;
    }

    public async Task<ImmutableArray<StoredRow>> ListAsync(string partition, CancellationToken cancellation)
    {
        RowRules.Check(partition);
        cancellation.ThrowIfCancellationRequested();
        ImmutableArray<StoredRow>.Builder all = ImmutableArray.CreateBuilder<StoredRow>();
        await foreach (RowPage page in rows.QueryAsync($"PartitionKey eq {partition}", TableGateway.MaxPage, cancellation))
        {
            all.AddRange(page.Rows.Select(Of));
        }

        return all.DrainToImmutable();
    }

    public async Task<StoredRow?> PutAsync(string partition, string key, string content, string? version, CancellationToken cancellation)
    {
        RowRules.Check(partition, key, content);
        TableEntity row = new(partition, key) { [Content] = content };
        TransactionResult result = await rows.SubmitAsync(
            [version is null ? new(TableTransactionActionType.Add, row) : new(TableTransactionActionType.UpdateReplace, row, new ETag(version))],
            cancellation);
        return !result.Committed ? null
            : result.FirstETag is { } tag ? new(key, content, tag.ToString())
            : await FindAsync(partition, key, cancellation) is { } found && found.Content == content ? found : null;
    }

    public async Task<bool> DeleteAsync(string partition, string key, string version, CancellationToken cancellation)
    {
        RowRules.Check(partition, key);
        return (await rows.SubmitAsync([new(TableTransactionActionType.Delete, new TableEntity(partition, key), new ETag(version))], cancellation)).Committed;
    }

    private static StoredRow Of(TableEntity row) => new(row.RowKey, row.GetString(Content) ?? string.Empty, row.ETag.ToString());
}
