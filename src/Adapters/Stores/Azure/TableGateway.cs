using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The only way to a table: checks what is written, translates errors, follows pages to their end.</summary>
internal sealed class TableGateway(TableClient table, StorageCalls calls)
{
    /// <summary>Largest page that the service gives.</summary>
    public const int MaxPage = 1000;

    /// <summary>A row in words, for messages.</summary>
    public string Describe(string partition, string row) => $"table row {table.Name}/{partition}/{row}";

    /// <summary>A row, or null where there is none.</summary>
    public Task<TableEntity?> FindAsync(string partition, string row, CancellationToken cancellation, IEnumerable<string>? columns = null) => calls.RunAsync(
        Describe(partition, row),
        async limited =>
        {
            NullableResponse<TableEntity> found = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, columns, limited);
            return found.HasValue ? found.Value : null;
        },
        cancellation);

    /// <summary>Rows by ascending key, page by page as the service gives them: a page may be short, or empty, although more follow.</summary>
    /// <param name="filter">Made with <see cref="TableClient.CreateQueryFilter(FormattableString)"/>, so that values are quoted and typed.</param>
    /// <param name="size">At most this many rows a page.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="columns">Columns wanted; null for all.</param>
    public async IAsyncEnumerable<RowPage> QueryAsync(
        FormattableString filter, int size, [EnumeratorCancellation] CancellationToken cancellation, IEnumerable<string>? columns = null)
    {
        string text = TableClient.CreateQueryFilter(filter);
        string? continuation = null;
        do
        {
            RowPage page = await calls.RunAsync($"table {table.Name}", limited => PageAsync(text, size, continuation, columns, limited), cancellation);
            continuation = page.Continuation;
            yield return page;
        }
        while (continuation is not null);
    }

    /// <summary>The first rows that a filter lets pass.</summary>
    /// <returns>At most <paramref name="count"/> rows, and whether more follow.</returns>
    public async Task<(List<TableEntity> Rows, bool More)> TakeAsync(
        FormattableString filter, int count, CancellationToken cancellation, IEnumerable<string>? columns = null)
    {
        List<TableEntity> rows = [];
        bool more = false;
        await foreach (RowPage page in QueryAsync(filter, Math.Min(count, MaxPage), cancellation, columns))
        {
            int wanted = Math.Min(count - rows.Count, page.Rows.Count);
            rows.AddRange(page.Rows.Take(wanted));
            more = page.Continuation is not null || wanted < page.Rows.Count;
            if (rows.Count == count)
            {
                break;
            }
        }

        return (rows, more);
    }

    /// <summary>Writes a row over one of the same key.</summary>
    public Task PutAsync(TableEntity entity, CancellationToken cancellation)
    {
        EntityRules.Check(entity);
        return calls.RunAsync(
            Describe(entity.PartitionKey, entity.RowKey),
            limited => table.UpsertEntityAsync(entity, TableUpdateMode.Replace, limited),
            cancellation);
    }

    /// <summary>Removes a row; removing one that is not there does nothing.</summary>
    public Task DeleteAsync(string partition, string row, CancellationToken cancellation) => calls.RunAsync(
        Describe(partition, row),
        limited => table.DeleteEntityAsync(partition, row, ETag.All, limited),
        cancellation);

    /// <summary>Adds a row: half of what a transaction of one costs.</summary>
    /// <returns>As of <see cref="SubmitAsync"/>.</returns>
    public Task<TransactionResult> AddAsync(TableEntity entity, CancellationToken cancellation)
    {
        EntityRules.Check(entity);
        return ResultAsync(entity, limited => table.AddEntityAsync(entity, limited), cancellation);
    }

    /// <summary>Carries a transaction out, all or nothing.</summary>
    /// <returns>What it did, or the status with which the present state refused it. After a lost answer that state may be the transaction's own work.</returns>
    public Task<TransactionResult> SubmitAsync(IReadOnlyList<TableTransactionAction> actions, CancellationToken cancellation)
    {
        EntityRules.Check(actions);
        return ResultAsync(actions[0].Entity, async limited => (await table.SubmitTransactionAsync(actions, limited)).Value[0], cancellation);
    }

    private Task<TransactionResult> ResultAsync(ITableEntity first, Func<CancellationToken, Task<Response>> change, CancellationToken cancellation) => calls.RunAsync(
        Describe(first.PartitionKey, first.RowKey),
        async limited =>
        {
            try
            {
                return new TransactionResult(TransactionResult.Done, (await change(limited)).Headers.ETag, AlreadyExists: false, Failed: null);
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412 && !StorageCalls.IsMissing(e))
            {
                return new TransactionResult(
                    e.Status, null, e.ErrorCode is { } code && code == TableErrorCode.EntityAlreadyExists, (e as TableTransactionFailedException)?.FailedTransactionActionIndex);
            }
        },
        cancellation);

    private async Task<RowPage> PageAsync(string filter, int size, string? continuation, IEnumerable<string>? columns, CancellationToken cancellation)
    {
        await foreach (Page<TableEntity> page in table.QueryAsync<TableEntity>(filter, size, columns, cancellation).AsPages(continuation, size))
        {
            return new(page.Values, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return new([], null);
    }
}

/// <summary>One page of a query.</summary>
/// <param name="Rows">Its rows; may be none.</param>
/// <param name="Continuation">Where the next one begins; null at the end.</param>
internal sealed record RowPage(IReadOnlyList<TableEntity> Rows, string? Continuation);

/// <summary>What became of a transaction, or of a row that was to be added.</summary>
/// <param name="Status">204 where it was carried out; otherwise why the state of the rows refused it: 404, 409 or 412.</param>
/// <param name="FirstETag">ETag of the first row after it; null where it was refused, or the service did not say.</param>
/// <param name="AlreadyExists">Whether it was refused because a row that it adds exists.</param>
/// <param name="Failed">Which action was refused, from 0; null where the service did not say.</param>
internal sealed record TransactionResult(int Status, ETag? FirstETag, bool AlreadyExists, int? Failed)
{
    public const int Done = 204;

    public bool Committed => Status == Done;
}
