using System.Collections.Immutable;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>The calls to the Batch service that running trials takes. Every one may be repeated.</summary>
/// <remarks>All throw <see cref="BatchException"/>; overload and broken connections were waited out before, up to a limit.</remarks>
internal interface IBatchClient
{
    /// <summary>Creates a job.</summary>
    /// <returns>False where there is one with this id.</returns>
    Task<bool> CreateJobAsync(BatchJobSpec job, CancellationToken cancellation);

    /// <summary>A job, or null.</summary>
    Task<BatchJob?> FindJobAsync(string job, CancellationToken cancellation);

    /// <summary>The jobs whose ids begin so.</summary>
    Task<ImmutableArray<BatchJob>> ListJobsAsync(string prefix, CancellationToken cancellation);

    /// <summary>Ends a job with all its tasks; one that has ended or does not exist is left alone.</summary>
    Task TerminateJobAsync(string job, string reason, CancellationToken cancellation);

    /// <summary>Has a job removed, which takes the service a while; one that is gone is left alone.</summary>
    Task DeleteJobAsync(string job, CancellationToken cancellation);

    /// <summary>Adds tasks in as few requests as possible. A task that exists counts as added.</summary>
    /// <returns>Why tasks were refused, by their ids; empty where all are there.</returns>
    Task<ImmutableDictionary<string, BatchException>> AddTasksAsync(string job, IReadOnlyList<BatchTaskSpec> tasks, CancellationToken cancellation);

    /// <summary>The tasks of a job, page after page.</summary>
    /// <param name="job">Which.</param>
    /// <param name="since">Only those that changed their state then or later; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    IAsyncEnumerable<ImmutableArray<BatchTask>> ListTasksAsync(string job, DateTimeOffset? since, CancellationToken cancellation);

    /// <summary>A task, or null.</summary>
    Task<BatchTask?> FindTaskAsync(string job, string task, CancellationToken cancellation);

    /// <summary>Ends a task.</summary>
    /// <returns>False where it has ended or does not exist.</returns>
    Task<bool> TerminateTaskAsync(string job, string task, CancellationToken cancellation);

    /// <summary>Has a task that failed run again.</summary>
    /// <returns>False where it did not fail, or does not exist.</returns>
    Task<bool> ReactivateTaskAsync(string job, string task, CancellationToken cancellation);

    /// <summary>The last bytes of a file that a task wrote; null where it is not there, or its node is not.</summary>
    Task<byte[]?> ReadFileEndAsync(string job, string task, string path, int bytes, CancellationToken cancellation);

    /// <summary>A pool, or null.</summary>
    Task<BatchPool?> FindPoolAsync(string pool, CancellationToken cancellation);

    /// <summary>Has a pool resized that does not size itself. Nodes that go away finish their tasks first.</summary>
    Task ResizePoolAsync(string pool, BatchResize size, CancellationToken cancellation);

    /// <summary>The nodes of a pool by state; null where the service has no counts of it (yet).</summary>
    Task<BatchNodeCounts?> NodeCountsAsync(string pool, CancellationToken cancellation);
}
