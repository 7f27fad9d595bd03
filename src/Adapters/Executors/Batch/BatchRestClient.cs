using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Azure.Core;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>The Batch service over its REST API 2025-06-01.</summary>
internal sealed class BatchRestClient(BatchPipeline pipeline, BatchOptions options, TimeProvider time) : IBatchClient
{
    /// <summary>Most tasks that the service takes in one request.</summary>
    public const int MaxTasksPerRequest = 100;

    private const int PageSize = 1000;
    private const int Rounds = 7;
    private const string TaskFields = "id,state,stateTransitionTime,executionInfo";

    public async Task<bool> CreateJobAsync(BatchJobSpec job, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Post, ["jobs"], [], job, cancellation);
        return answer.Status == 201 || (answer.Code is BatchCodes.JobExists or BatchCodes.JobBeingDeleted ? false : throw answer.Refusal());
    }

    public async Task<BatchJob?> FindJobAsync(string job, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Get, ["jobs", job], [("$select", "id,state")], null, cancellation);
        return answer.ReadOrNull<BatchJob>();
    }

    public async Task<ImmutableArray<BatchJob>> ListJobsAsync(string prefix, CancellationToken cancellation)
    {
        ImmutableArray<BatchJob>.Builder jobs = ImmutableArray.CreateBuilder<BatchJob>();
        await foreach (ImmutableArray<BatchJob> page in PagesAsync<BatchJob>(
            ["jobs"], [("$filter", $"startswith(id, '{prefix}')"), ("$select", "id,state")], cancellation))
        {
            jobs.AddRange(page);
        }

        return jobs.DrainToImmutable();
    }

    public async Task TerminateJobAsync(string job, string reason, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Post, ["jobs", job, "terminate"], [], new { TerminateReason = reason }, cancellation);
        answer.Need(202, 404, 409);
    }

    public async Task DeleteJobAsync(string job, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Delete, ["jobs", job], [], null, cancellation);
        answer.Need(202, 404, 409);
    }

    public async Task<ImmutableDictionary<string, BatchException>> AddTasksAsync(string job, IReadOnlyList<BatchTaskSpec> tasks, CancellationToken cancellation)
    {
        ImmutableDictionary<string, BatchException>.Builder refused = ImmutableDictionary.CreateBuilder<string, BatchException>();
        Stack<BatchTaskSpec[]> left = new(tasks.Chunk(MaxTasksPerRequest).Reverse());
        int round = 0;
        while (left.TryPop(out BatchTaskSpec[]? chunk))
        {
            using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Post, ["jobs", job, "addtaskcollection"], [], new BatchTaskCollection(chunk), cancellation);
            if (answer.Status == 413 && chunk.Length > 1)
            {
                left.Push(chunk[(chunk.Length / 2)..]);
                left.Push(chunk[..(chunk.Length / 2)]);
                continue;
            }

            BatchTaskSpec[] again = Failed(chunk, answer.Read<BatchPage<BatchAddResult>>().Value, refused);
            if (again.Length == 0)
            {
                round = 0;
            }
            else if (++round < Rounds)
            {
                TimeSpan pause = options.FirstPause * Math.Pow(2, round - 1);
                await Task.Delay(pause < options.LongestPause ? pause : options.LongestPause, time, cancellation);
                left.Push(again);
            }
            else
            {
                Array.ForEach(again, task => refused[task.Id] = new(500, "InternalError", $"task {task.Id} of job {job}", "the service failed again and again"));
                round = 0;
            }
        }

        return refused.ToImmutable();
    }

    public IAsyncEnumerable<ImmutableArray<BatchTask>> ListTasksAsync(string job, DateTimeOffset? since, CancellationToken cancellation)
    {
        List<(string, string)> query = [("$select", TaskFields), ("maxresults", PageSize.ToString(CultureInfo.InvariantCulture))];
        if (since is { } from)
        {
            query.Add(("$filter", string.Create(CultureInfo.InvariantCulture, $"stateTransitionTime ge DateTime'{from.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'}'")));
        }

        return PagesAsync<BatchTask>(["jobs", job, "tasks"], query, cancellation);
    }

    public async Task<BatchTask?> FindTaskAsync(string job, string task, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Get, ["jobs", job, "tasks", task], [("$select", TaskFields)], null, cancellation);
        return answer.ReadOrNull<BatchTask>();
    }

    public Task<bool> TerminateTaskAsync(string job, string task, CancellationToken cancellation) => ChangeTaskAsync(job, task, "terminate", cancellation);

    public Task<bool> ReactivateTaskAsync(string job, string task, CancellationToken cancellation) => ChangeTaskAsync(job, task, "reactivate", cancellation);

    public async Task<byte[]?> ReadFileEndAsync(string job, string task, string path, int bytes, CancellationToken cancellation)
    {
        string[] file = ["jobs", job, "tasks", task, "files", .. path.Split('/')];
        using BatchAnswer head = await pipeline.SendAsync(RequestMethod.Head, file, [], null, cancellation);
        if (head.Status is 404 or 409)
        {
            return null;
        }

        long length = long.TryParse(head.Need(200).Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out long known) ? known : 0;
        if (length == 0)
        {
            return [];
        }

        string range = new RangeHeaderValue(Math.Max(0, length - bytes), length - 1).ToString();
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Get, file, [], null, cancellation, ("ocp-range", range));
        return answer.Status is 404 or 409 ? null : answer.Need(200, 206).Content;
    }

    public async Task<BatchPool?> FindPoolAsync(string pool, CancellationToken cancellation)
    {
        (string, string)[] query = [("$select", "id,state,allocationState,taskSlotsPerNode,targetDedicatedNodes,targetLowPriorityNodes,enableAutoScale")];
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Get, ["pools", pool], query, null, cancellation);
        return answer.ReadOrNull<BatchPool>();
    }

    public async Task ResizePoolAsync(string pool, BatchResize size, CancellationToken cancellation)
    {
        object body = new { size.TargetDedicatedNodes, size.TargetLowPriorityNodes, NodeDeallocationOption = "taskcompletion" };
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Post, ["pools", pool, "resize"], [], body, cancellation);
        answer.Need(202);
    }

    public async Task<BatchNodeCounts?> NodeCountsAsync(string pool, CancellationToken cancellation)
    {
        await foreach (ImmutableArray<BatchNodeCounts> page in PagesAsync<BatchNodeCounts>(["nodecounts"], [("$filter", $"poolId eq '{pool}'")], cancellation))
        {
            if (!page.IsEmpty)
            {
                return page[0];
            }
        }

        return null;
    }

    /// <summary>Sorts the results of a request: what is refused for good is noted.</summary>
    /// <returns>What the service failed at, or did not speak of: to be sent again with the same ids.</returns>
    private static BatchTaskSpec[] Failed(
        BatchTaskSpec[] sent, ImmutableArray<BatchAddResult> results, ImmutableDictionary<string, BatchException>.Builder refused)
    {
        Dictionary<string, BatchTaskSpec> again = sent.ToDictionary(task => task.Id, StringComparer.OrdinalIgnoreCase);
        foreach (BatchAddResult result in results)
        {
            string code = result.Error?.Code ?? result.Status;
            if (result.Status == "success" || code == BatchCodes.TaskExists)
            {
                again.Remove(result.TaskId);
            }
            else if (result.Status == "clienterror" && again.Remove(result.TaskId, out BatchTaskSpec? task))
            {
                refused[task.Id] = new(400, code, $"task {task.Id}", BatchAnswer.OneLine(result.Error?.Message?.Value));
            }
        }

        return [.. again.Values];
    }

    private async Task<bool> ChangeTaskAsync(string job, string task, string verb, CancellationToken cancellation)
    {
        using BatchAnswer answer = await pipeline.SendAsync(RequestMethod.Post, ["jobs", job, "tasks", task, verb], [], null, cancellation);
        return answer.Need(204, 404, 409).Status == 204;
    }

    private async IAsyncEnumerable<ImmutableArray<T>> PagesAsync<T>(
        string[] path, IReadOnlyList<(string, string)> query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? next = null;
        do
        {
            BatchPage<T> page;
            using (BatchAnswer answer = next is null
                ? await pipeline.SendAsync(RequestMethod.Get, path, query, null, cancellation)
                : await pipeline.FollowAsync(next, cancellation))
            {
                page = answer.Read<BatchPage<T>>();
            }

            yield return page.Value;
            next = page.NextLink;
        }
        while (next is not null);
    }
}
