using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Batch;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Executors.Batch;

public sealed class BatchRestClientTests : IAsyncLifetime
{
    private BatchSite? _site;

    private BatchDouble Account => _site!.Account;

    private BatchRestClient Client => _site!.Client();

    public async ValueTask InitializeAsync() => _site = await BatchSite.CreateAsync();

    public ValueTask DisposeAsync() => _site!.DisposeAsync();

    [Fact]
    public async Task A_job_is_made_once_found_ended_and_removed()
    {
        BatchRestClient client = Client;
        Assert.Null(await client.FindJobAsync("job", default));
        Assert.True(await client.CreateJobAsync(new("job", new("pool")), default));
        Assert.False(await client.CreateJobAsync(new("JOB", new("pool")), default));
        Assert.True((await client.FindJobAsync("job", default))!.IsOpen);
        await client.TerminateJobAsync("job", "done", default);
        await client.TerminateJobAsync("job", "done", default);
        Assert.False((await client.FindJobAsync("job", default))!.IsOpen);
        await client.DeleteJobAsync("job", default);
        await client.DeleteJobAsync("job", default);
        await client.DeleteJobAsync("never", default);
        Assert.False(await client.CreateJobAsync(new("job", new("pool")), default));
        await Eventually.HoldsAsync(
            async () =>
            {
                if (await client.FindJobAsync("job", default) is not { } job)
                {
                    return true;
                }

                Assert.Equal("deleting", job.State);
                return false;
            },
            "the job never goes");
    }

    [Fact]
    public async Task Jobs_are_listed_by_the_beginning_of_their_ids()
    {
        BatchRestClient client = Client;
        Account.PageSize = 2;
        foreach (string id in new[] { "a_1", "a_2", "a_3", "b_1" })
        {
            await client.CreateJobAsync(new(id, new("pool")), default);
        }

        Assert.Equal(["a_1", "a_2", "a_3"], (await client.ListJobsAsync("a_", default)).Select(j => j.Id));
    }

    [Theory]
    [InlineData("no pool", "PoolNotFound", 404, RetryAdvice.Caller)]
    [InlineData("quota", "ActiveJobAndScheduleQuotaReached", 409, RetryAdvice.Backoff)]
    [InlineData("token", "AuthenticationFailed", 401, RetryAdvice.Caller)]
    [InlineData("busy", "ServerBusy", 503, RetryAdvice.Backoff)]
    [InlineData("away", "NoAnswer", 0, RetryAdvice.Backoff)]
    public async Task Refusals_say_what_and_who_may_try_again(string cause, string code, int status, RetryAdvice retry)
    {
        Account.JobQuota = cause == "quota" ? 0 : 10;
        Account.BusyShare = cause == "busy" ? 1 : 0;
        BatchRestClient client = _site!.Client(
            options => cause == "away" ? options with { Endpoint = new("https://127.0.0.1:9"), Retries = 1 } : options with { Retries = 1 },
            cause == "token" ? "another" : null);
        BatchException error = await Assert.ThrowsAsync<BatchException>(() => client.CreateJobAsync(new("job", new(cause == "no pool" ? "none" : "pool")), default));
        Assert.Equal((code, status, retry), (error.Code, error.Status, error.Retry));
        Assert.DoesNotContain("another", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_after_the_pause_that_it_names()
    {
        Account.RetryAfter = 1;
        Account.Refusals.Enqueue(new(503, "ServerBusy"));
        Account.Refusals.Enqueue(new(429, "TooManyRequests"));
        Account.Refusals.Enqueue(new(500, "InternalError"));
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        Assert.True(await Client.CreateJobAsync(new("job", new("pool")), default));
        Assert.Equal(4, Account.Requests.Count);
        Assert.True(TimeProvider.System.GetUtcNow() - before >= TimeSpan.FromSeconds(1.9)); // the waiting is the point
    }

    [Fact]
    public async Task Tasks_are_added_a_hundred_at_a_time()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        Assert.Empty(await client.AddTasksAsync("job", Specs(250), default));
        Assert.Empty(await client.AddTasksAsync("job", Specs(251), default)); // 250 of them are there
        Assert.Equal(251, Account.Jobs[0].Tasks.Count);
        Assert.Equal(6, Account.Requests.Count(r => r.Contains("addtaskcollection", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_the_server_failed_at_is_sent_again_and_added_once()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        Account.ServerErrorShare = 0.3;
        Assert.Empty(await client.AddTasksAsync("job", Specs(200), default));
        Assert.Equal(200, Account.Jobs[0].Tasks.DistinctBy(t => t.Id).Count());
    }

    [Fact]
    public async Task What_the_server_always_fails_at_is_told()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        Account.ServerErrorShare = 1;
        BatchException error = Assert.Single(await client.AddTasksAsync("job", Specs(1), default)).Value;
        Assert.Equal(RetryAdvice.Backoff, error.Retry);
    }

    [Fact]
    public async Task Bodies_that_are_too_large_are_halved()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        Account.MaxBody = 1500;
        Assert.Empty(await client.AddTasksAsync("job", Specs(100), default));
        Assert.Equal(100, Account.Jobs[0].Tasks.Count);
        BatchException error = await Assert.ThrowsAsync<BatchException>(() => client.AddTasksAsync("job", [new("large", new string('x', 2000))], default));
        Assert.Equal("RequestBodyTooLarge", error.Code);
    }

    [Fact]
    public async Task A_task_that_breaks_a_rule_is_refused_and_the_others_are_added()
    {
        Account.Pools["pool"].ForContainers = true;
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        BatchTaskSpec good = new("good", "true") { ContainerSettings = new("image", null, null) };
        (string id, BatchException error) = Assert.Single(await client.AddTasksAsync("job", [new("bad", "true"), good], default));
        Assert.Equal(("bad", "ContainerSettingsRequired"), (id, error.Code));
        Assert.Equal("good", Assert.Single(Account.Jobs[0].Tasks).Id);
    }

    [Fact]
    public async Task Adding_to_a_job_that_takes_none_says_why()
    {
        BatchRestClient client = Client;
        Assert.Equal("JobNotFound", (await Assert.ThrowsAsync<BatchException>(() => client.AddTasksAsync("job", Specs(1), default))).Code);
        await client.CreateJobAsync(new("job", new("pool")), default);
        await client.TerminateJobAsync("job", "done", default);
        Assert.Equal("JobCompleted", (await Assert.ThrowsAsync<BatchException>(() => client.AddTasksAsync("job", Specs(1), default))).Code);
    }

    [Fact]
    public async Task Tasks_are_listed_by_pages_and_by_when_they_changed()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        await client.AddTasksAsync("job", Specs(25), default);
        Account.PageSize = 10;
        Assert.Equal([10, 10, 5], (await PagesAsync(client, null)).Select(p => p.Length));
        await Task.Delay(5);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Account.Begin(Account.Task("task-7"));
        Assert.Equal([("task-7", "running")], (await PagesAsync(client, now)).SelectMany(p => p).Select(t => (t.Id, t.State)));
        Assert.All(Account.Requests.Where(r => r.StartsWith("GET", StringComparison.Ordinal)), r => Assert.Contains("$select=id", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_task_ends_by_itself_or_is_ended_and_runs_again_when_told_to()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        await client.AddTasksAsync("job", Specs(2), default);
        Assert.True(await client.TerminateTaskAsync("job", "task-0", default));
        Assert.False(await client.TerminateTaskAsync("job", "task-0", default));
        Assert.False(await client.TerminateTaskAsync("job", "none", default));
        BatchTask ended = (await client.FindTaskAsync("job", "task-0", default))!;
        Assert.Equal((true, "TaskEnded", "failure"), (ended.IsCompleted, ended.ExecutionInfo!.FailureInfo!.Code, ended.ExecutionInfo.Result));
        Assert.True(await client.ReactivateTaskAsync("job", "task-0", default));
        Assert.False((await client.FindTaskAsync("job", "task-0", default))!.IsCompleted);

        Account.Begin(Account.Task("task-1"));
        Account.Preempt(Account.Task("task-1"));
        Account.Begin(Account.Task("task-1"));
        Account.End(Account.Task("task-1"), 0);
        ended = (await client.FindTaskAsync("job", "task-1", default))!;
        Assert.Equal(("success", 0, 1), (ended.ExecutionInfo!.Result, ended.ExecutionInfo.ExitCode, ended.ExecutionInfo.RequeueCount));
        Assert.False(await client.ReactivateTaskAsync("job", "task-1", default));
        Assert.Null(await client.FindTaskAsync("job", "none", default));
    }

    [Fact]
    public async Task The_end_of_a_file_is_read_by_its_range()
    {
        BatchRestClient client = Client;
        await client.CreateJobAsync(new("job", new("pool")), default);
        await client.AddTasksAsync("job", Specs(1), default);
        DoubleTask task = Account.Task("task-0");
        task.Files["stderr.txt"] = "0123456789"u8.ToArray();
        task.Files["empty.txt"] = [];
        Assert.Equal("789"u8.ToArray(), await client.ReadFileEndAsync("job", "task-0", "stderr.txt", 3, default));
        Assert.Equal("0123456789"u8.ToArray(), await client.ReadFileEndAsync("job", "task-0", "stderr.txt", 99, default));
        Assert.Empty((await client.ReadFileEndAsync("job", "task-0", "empty.txt", 3, default))!);
        Assert.Null(await client.ReadFileEndAsync("job", "task-0", "wd/none.txt", 3, default));
        task.NodeGone = true;
        Assert.Null(await client.ReadFileEndAsync("job", "task-0", "stderr.txt", 3, default));
    }

    [Fact]
    public async Task Pools_are_looked_at_and_resized()
    {
        BatchRestClient client = Client;
        Account.Pools["pool"].SlotsPerNode = 4;
        await client.ResizePoolAsync("pool", new(2, 3), default);
        BatchPool pool = (await client.FindPoolAsync("pool", default))!;
        Assert.Equal((2, 3, 4, false), (pool.TargetDedicatedNodes, pool.TargetLowPriorityNodes, pool.TaskSlotsPerNode, pool.EnableAutoScale));
        Assert.Equal(3, (await client.NodeCountsAsync("pool", default))!.LowPriority["total"]);
        Account.Pools["pool"].SizesItself = true;
        Assert.Equal(409, (await Assert.ThrowsAsync<BatchException>(() => client.ResizePoolAsync("pool", new(1, 1), default))).Status);
        Assert.Null(await client.FindPoolAsync("none", default));
        Assert.Null(await client.NodeCountsAsync("none", default));
    }

    private static BatchTaskSpec[] Specs(int count) => [.. Enumerable.Range(0, count).Select(i => new BatchTaskSpec($"task-{i}", "/bin/true"))];

    private static async Task<List<ImmutableArray<BatchTask>>> PagesAsync(BatchRestClient client, DateTimeOffset? since)
    {
        List<ImmutableArray<BatchTask>> pages = [];
        await foreach (ImmutableArray<BatchTask> page in client.ListTasksAsync("job", since, default))
        {
            pages.Add(page);
        }

        return pages;
    }
}
