using System.Runtime.CompilerServices;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Durable;

/// <summary>The answer to a query, page by page in the order of ids. Each page is as new as its reading.</summary>
internal sealed class InstancePages(InstanceStore instances, OrchestrationQuery query) : AsyncPageable<OrchestrationMetadata>
{
    public static bool Matches(OrchestrationQuery query, OrchestrationMetadata instance) =>
        (query.CreatedFrom is not { } from || instance.CreatedAt >= from)
        && (query.CreatedTo is not { } to || instance.CreatedAt <= to)
        && (query.Statuses is not { } statuses || statuses.Contains(instance.RuntimeStatus))
        && (query.InstanceIdPrefix is not { } prefix || instance.InstanceId.StartsWith(prefix, StringComparison.Ordinal));

    public override IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
        ReadAsync(continuationToken ?? query.ContinuationToken, Math.Max(1, pageSizeHint ?? query.PageSize));

    private async IAsyncEnumerable<Page<OrchestrationMetadata>> ReadAsync(
        string? after, int size, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        OrchestrationInstance[] rest =
        [
            .. instances.All
                .Where(i => after is null || string.CompareOrdinal(i.Id, after) > 0)
                .OrderBy(i => i.Id, StringComparer.Ordinal),
        ];
        int next = 0;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            List<OrchestrationMetadata> page = [];
            for (; next < rest.Length && page.Count < size; next++)
            {
                if (Matches(query, rest[next].Describe(full: false)))
                {
                    page.Add(rest[next].Describe(query.FetchInputsAndOutputs));
                }
            }

            yield return new Page<OrchestrationMetadata>(page, next < rest.Length ? page[^1].InstanceId : null);
        }
        while (next < rest.Length);
    }
}
