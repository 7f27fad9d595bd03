namespace Azure.Data.Tables;

/// <summary>Fetches one page; the continuation is null for the first.</summary>
internal delegate Task<Page<T>> FetchPage<T>(string continuation, int? size, CancellationToken cancellationToken);

/// <summary>Pages fetched one after another, as the service hands out continuations.</summary>
internal sealed class Pages<T>(FetchPage<T> fetch, int? size, CancellationToken cancellationToken) : AsyncPageable<T>(cancellationToken)
{
    public override async IAsyncEnumerable<Page<T>> AsPages(string continuationToken = null, int? pageSizeHint = null)
    {
        do
        {
            Page<T> page = await fetch(continuationToken, pageSizeHint ?? size, CancellationToken).ConfigureAwait(false);
            yield return page;
            continuationToken = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(continuationToken));
    }
}
