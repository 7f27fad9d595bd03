using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Batch;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Executors.Batch.BatchSite;

namespace HpoServerless.Adapters.Tests.Executors.Batch;

public sealed class AzureBatchExecutorTests : IAsyncLifetime
{
    private BatchSite? _site;

    private BatchDouble Account => _site!.Account;

    public async ValueTask InitializeAsync() => _site = await BatchSite.CreateAsync();

    public ValueTask DisposeAsync() => _site!.DisposeAsync();

    [Fact]
    public async Task A_segment_is_a_task_of_the_experiments_job()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with
        {
            Harness = new("https://store/harness.zip"),
            NodeIdentity = "/subscriptions/s/identity",
            Container = "image:1",
            Retention = TimeSpan.FromHours(2),
            TaskRetries = 2,
            SlotsPerTrial = 3,
        });
        string handle = await executor.StartAsync(Work(7, limits: new() { Time = TimeSpan.FromMinutes(9) }), default);

        DoubleJob job = Assert.Single(Account.Jobs);
        DoubleTask task = Assert.Single(job.Tasks);
        Assert.StartsWith("hpo_exp_", job.Id, StringComparison.Ordinal);
        Assert.InRange(handle.Length, 1, 1024);
        Assert.Equal(("t7-s0-a0", "image:1", 2, 3), (task.Id, task.Image, task.MaxRetries, task.RequiredSlots));
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromHours(2)), (task.WallClock, task.Retention));
        Assert.Equal([("https://store/harness.zip", "hpo_trial.zip", true)], task.ResourceFiles);
        Assert.Equal(
            [("HPO_ATTEMPT", "0"), ("HPO_EXPERIMENT", "exp"), ("HPO_SEGMENT", "0"), ("HPO_TOKEN", "secret-exp-7"), ("HPO_TRIAL", "7"), ("HPO_URL", "http://localhost:7071")],
            task.Environment.Select(e => (e.Key, e.Value)).Order());
        Assert.DoesNotContain("secret", task.CommandLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Starts_that_come_together_go_in_few_requests()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string[] handles = await Task.WhenAll(Enumerable.Range(1, 1000).Select(trial => executor.StartAsync(Work(trial), default)));
        Assert.Equal(1000, handles.Distinct().Count());
        Assert.Equal(1000, Assert.Single(Account.Jobs).Tasks.Count);
        Assert.InRange(Account.Requests.Count, 11, 16);
    }

    [Fact]
    public async Task Whatever_fails_on_the_way_every_start_is_one_task()
    {
        Account.BusyShare = 0.2;
        Account.ServerErrorShare = 0.1;
        AzureBatchExecutor executor = _site!.Executor(o => o with { Retries = 12 });
        SegmentWork[] all = [.. Enumerable.Range(1, 300).Select(trial => Work(trial, $"exp-{trial % 3}"))];
        await Task.WhenAll(all.Concat(all).Select(work => executor.StartAsync(work, default)));
        Assert.Equal(3, Account.Jobs.Count);
        Assert.Equal(300, Account.Jobs.SelectMany(j => j.Tasks.Select(t => (j.Id, t.Id))).Distinct().Count());
    }

    [Fact]
    public async Task A_job_that_somebody_ended_is_followed_by_another()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string first = await executor.StartAsync(Work(1), default);
        BatchRestClient client = _site.Client();
        await client.TerminateJobAsync(Account.Jobs[0].Id, "by hand", default);
        await executor.StartAsync(Work(2), default);
        Assert.Equal(2, Account.Jobs.Count);
        Assert.Equal(SegmentStatus.Lost, (await EndAsync(executor, Work(1), first)).Status);
    }

    [Fact]
    public async Task The_end_of_an_experiment_ends_its_job_and_outcomes_can_still_be_had()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string handle = await executor.StartAsync(Work(1), default);
        await executor.StartAsync(Work(1, "other"), default);
        Account.Begin(Account.Jobs[0].Tasks[0]);
        Account.End(Account.Jobs[0].Tasks[0], 0);
        await executor.FinishAsync("exp", default);
        await executor.FinishAsync("exp", default);
        await executor.FinishAsync("never", default);
        Assert.Equal(["completed", "active"], Account.Jobs.Select(j => j.State));
        Assert.Equal(SegmentStatus.Completed, (await EndAsync(executor, Work(1), handle)).Status);
    }

    [Fact]
    public async Task A_removed_experiment_leaves_nothing_and_can_be_run_anew()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string handle = await executor.StartAsync(Work(1), default);
        await executor.RemoveAsync("exp", default);
        await executor.RemoveAsync("never", default);
        Assert.Equal(SegmentStatus.Lost, (await EndAsync(executor, Work(1), handle)).Status);
        string again = await executor.StartAsync(Work(1), default);
        Assert.NotEqual(handle, again);
        Assert.Null(await executor.PollAsync(Work(1).Segment, again, default));
    }

    [Fact]
    public async Task Completed_is_not_success()
    {
        Assert.Equal((SegmentStatus.Completed, 1), Kind(await OutcomeOfAsync(t => Account.End(t, 0))));
        SegmentOutcome failed = await OutcomeOfAsync(t =>
        {
            t.Files["stderr.txt"] = "Traceback\nValueError: bad news\n\n"u8.ToArray();
            Account.End(t, 5);
        });
        Assert.Equal((SegmentStatus.Failed, 1), Kind(failed));
        Assert.Contains("exit code 5", failed.Error, StringComparison.Ordinal);
        Assert.EndsWith("ValueError: bad news", failed.Error, StringComparison.Ordinal);
        SegmentOutcome silent = await OutcomeOfAsync(t =>
        {
            t.NodeGone = true;
            Account.End(t, 139);
        });
        Assert.Equal((SegmentStatus.Failed, 1), Kind(silent));
        Assert.Contains("signal 11", silent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_the_programs_fault_is_lost()
    {
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await OutcomeOfAsync(t => Account.End(t, 137))));
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await OutcomeOfAsync(t => Account.End(t, 3)))); // nobody waited for it
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await OutcomeOfAsync(t => Account.End(t, 4)))); // it did not reach this service
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await OutcomeOfAsync(t => Account.Fail(t, "servererror", "NodeFailure", "the disk is gone"))));
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await OutcomeOfAsync(t => Account.Fail(t, "usererror", "TaskEnded", "by somebody"))));
        SegmentOutcome noFile = await OutcomeOfAsync(t => Account.Fail(t, "usererror", "BlobNotFound", "no harness"));
        Assert.Equal(SegmentStatus.Failed, noFile.Status);
        Assert.Contains("BlobNotFound: no harness", noFile.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_taken_away_is_no_failure_and_counts_as_a_start()
    {
        SegmentOutcome outcome = await OutcomeOfAsync(t =>
        {
            Account.Preempt(t);
            Account.Begin(t);
            Account.Preempt(t);
            Account.Begin(t);
            Account.End(t, 0);
        });
        Assert.Equal((SegmentStatus.Completed, 3), Kind(outcome));
    }

    [Fact]
    public async Task Attempts_are_tasks_of_their_own()
    {
        AzureBatchExecutor executor = _site!.Executor();
        SegmentWork first = Work(1);
        string handle = await executor.StartAsync(first, default);
        Account.Begin(Account.Task("t1-s0-a0"));
        Account.End(Account.Task("t1-s0-a0"), 137);
        Assert.Equal((SegmentStatus.Lost, 1), Kind(await EndAsync(executor, first, handle)));
        SegmentWork second = Work(1, attempt: 1);
        handle = await executor.StartAsync(second, default);
        Assert.Null(await executor.PollAsync(second.Segment, handle, default));
        Account.Begin(Account.Task("t1-s0-a1"));
        Account.End(Account.Task("t1-s0-a1"), 0);
        Assert.Equal((SegmentStatus.Completed, 2), Kind(await EndAsync(executor, second, handle)));
    }

    [Fact]
    public async Task The_wall_clock_is_the_time_limit()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with { StartAllowance = TimeSpan.FromMilliseconds(50) });
        SegmentWork work = Work(1, limits: new() { Time = TimeSpan.FromMilliseconds(100) });
        string handle = await executor.StartAsync(work, default);
        Account.Begin(Account.Task("t1-s0-a0"));
        SegmentOutcome outcome = await EndAsync(executor, work, handle);
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains("time limit of 0.1 s", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Told_to_stop_a_task_is_terminated_whether_it_runs_or_waits()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string handle = await executor.StartAsync(Work(1), default);
        string waiting = await executor.StartAsync(Work(2), default);
        Account.Begin(Account.Task("t1-s0-a0"));
        foreach ((SegmentWork work, string name, int starts) in new[] { (Work(1), handle, 1), (Work(2), waiting, 0) })
        {
            await executor.InterruptAsync(work.Segment, name, InterruptKind.Stop, default);
            await executor.InterruptAsync(work.Segment, name, InterruptKind.Stop, default);
            SegmentOutcome outcome = await EndAsync(executor, work, name);
            Assert.Equal((SegmentStatus.Stopped, starts), Kind(outcome));
            await executor.InterruptAsync(work.Segment, name, InterruptKind.Stop, default);
            Assert.Same(outcome, await executor.PollAsync(work.Segment, name, default));
        }

        Assert.Equal(2, Account.Requests.Count(r => r.Contains("/terminate", StringComparison.Ordinal)));
        Assert.DoesNotContain(Account.Requests, r => r.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Told_to_pause_a_task_has_time_to_save_itself()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with { PauseGrace = TimeSpan.FromMilliseconds(150) });
        string obeys = await executor.StartAsync(Work(1), default);
        string hangs = await executor.StartAsync(Work(2), default);
        Account.Begin(Account.Task("t1-s0-a0"));
        Account.Begin(Account.Task("t2-s0-a0"));
        await executor.InterruptAsync(Work(1).Segment, obeys, InterruptKind.Pause, default);
        await executor.InterruptAsync(Work(2).Segment, hangs, InterruptKind.Pause, default);
        Account.End(Account.Task("t1-s0-a0"), 0);
        Assert.Equal(SegmentStatus.Completed, (await EndAsync(executor, Work(1), obeys)).Status); // its own word, told by HTTP, was Paused and counts
        SegmentOutcome outcome = await EndAsync(executor, Work(2), hangs);
        Assert.Equal(SegmentStatus.Paused, outcome.Status);
        Assert.Contains("0.2 s", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_pauses_can_still_be_stopped()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with { PauseGrace = TimeSpan.FromHours(1) });
        string handle = await executor.StartAsync(Work(1), default);
        await executor.InterruptAsync(Work(1).Segment, handle, InterruptKind.Pause, default);
        await executor.InterruptAsync(Work(1).Segment, handle, InterruptKind.Stop, default);
        Assert.Equal(SegmentStatus.Stopped, (await EndAsync(executor, Work(1), handle)).Status);
    }

    [Fact]
    public async Task Another_host_finds_the_tasks_by_their_handles()
    {
        AzureBatchExecutor first = _site!.Executor();
        string[] handles = await Task.WhenAll(Enumerable.Range(1, 3).Select(trial => first.StartAsync(Work(trial), default)));
        await first.DisposeAsync();
        Account.Begin(Account.Task("t1-s0-a0"));
        Account.End(Account.Task("t1-s0-a0"), 0);
        Account.Begin(Account.Task("t2-s0-a0"));

        AzureBatchExecutor second = _site.Executor();
        Assert.Equal(SegmentStatus.Completed, (await second.PollAsync(Work(1).Segment, handles[0], default))!.Status);
        Assert.Null(await second.PollAsync(Work(2).Segment, handles[1], default));
        Assert.Equal(handles[2], await second.StartAsync(Work(3), default));
        Assert.Equal(3, Account.Jobs.Single().Tasks.Count);
        Account.End(Account.Task("t2-s0-a0"), 0);
        await _site.Events.EndOf(Work(2).Segment);
        Assert.Equal(SegmentStatus.Completed, (await EndAsync(second, Work(2), handles[1])).Status);
    }

    [Fact]
    public async Task A_segment_that_ended_long_ago_is_found_when_it_is_started_again()
    {
        ManualTimeProvider clock = new(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using BatchSite site = await CreateAsync(time: clock);
        AzureBatchExecutor first = site.Executor();
        await first.StartAsync(Work(1), default);
        site.Account.Begin(site.Account.Task("t1-s0-a0"));
        site.Account.End(site.Account.Task("t1-s0-a0"), 0);
        await first.DisposeAsync();
        clock.Advance(TimeSpan.FromHours(2));

        AzureBatchExecutor second = site.Executor(hears: false);
        string other = await second.StartAsync(Work(2), default);
        Assert.Null(await second.PollAsync(Work(2).Segment, other, default));
        string handle = await second.StartAsync(Work(1), default);
        site.Account.Requests.Clear();
        Assert.Equal(SegmentStatus.Completed, (await EndAsync(second, Work(1), handle)).Status);
        Assert.InRange(site.Account.Requests.Count, 1, 4);
    }

    [Fact]
    public async Task One_listing_serves_all_who_ask()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with { PollEvery = TimeSpan.FromHours(1) });
        string[] handles = await Task.WhenAll(Enumerable.Range(1, 500).Select(trial => executor.StartAsync(Work(trial), default)));
        Account.Requests.Clear();
        SegmentOutcome?[] outcomes = await Task.WhenAll(Enumerable.Range(1, 500).Select(trial => executor.PollAsync(Work(trial).Segment, handles[trial - 1], default)));
        Assert.All(outcomes, Assert.Null);
        string request = Assert.Single(Account.Requests);
        Assert.Contains("$select=id%2Cstate%2CstateTransitionTime%2CexecutionInfo", request, StringComparison.Ordinal);
        Assert.Contains("maxresults=1000", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Later_rounds_ask_only_for_what_changed()
    {
        AzureBatchExecutor executor = _site!.Executor(hears: false);
        string handle = await executor.StartAsync(Work(1), default);
        await executor.PollAsync(Work(1).Segment, handle, default);
        Assert.DoesNotContain(Account.Requests, r => r.Contains("$filter", StringComparison.Ordinal));
        await Task.Delay(60);
        await executor.PollAsync(Work(1).Segment, handle, default);
        Assert.Contains("$filter=stateTransitionTime", Account.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_is_there_until_it_is_forgotten()
    {
        AzureBatchExecutor executor = _site!.Executor();
        string handle = await executor.StartAsync(Work(1), default);
        Account.Begin(Account.Task("t1-s0-a0"));
        Account.End(Account.Task("t1-s0-a0"), 0);
        await EndAsync(executor, Work(1), handle);
        await executor.ForgetAsync(Work(1).Segment, handle, default);
        await Task.Delay(60);
        Assert.Equal(SegmentStatus.Lost, (await executor.PollAsync(Work(1).Segment, handle, default))!.Status);
    }

    [Fact]
    public async Task A_service_that_is_away_is_no_lost_segment()
    {
        AzureBatchExecutor executor = _site!.Executor(o => o with { Retries = 0 });
        string handle = await executor.StartAsync(Work(1), default);
        Account.BusyShare = 1;
        await Task.Delay(40);
        Assert.Equal(RetryAdvice.Backoff, (await Assert.ThrowsAsync<BatchException>(() => executor.PollAsync(Work(1).Segment, handle, default))).Retry);
        Assert.Equal(RetryAdvice.Backoff, (await Assert.ThrowsAsync<BatchException>(() => executor.StartAsync(Work(1, "new"), default))).Retry);
        Account.BusyShare = 0;
        Assert.Null(await executor.PollAsync(Work(1).Segment, handle, default));
        await executor.StartAsync(Work(1, "new"), default);
    }

    [Fact]
    public async Task Slots_are_those_of_a_pool_that_does_not_size_itself()
    {
        DoublePool pool = Account.Pools["pool"];
        (pool.Nodes, pool.SpotNodes, pool.SlotsPerNode) = (2, 3, 4);
        Assert.Equal(20, await _site!.Executor().SlotsAsync(default));
        Assert.Equal(10, await _site.Executor(o => o with { SlotsPerTrial = 2 }).SlotsAsync(default));
        Assert.Equal(7, await _site.Executor(o => o with { MaxTrials = 7 }).SlotsAsync(default));
        pool.SizesItself = true;
        Assert.Null(await _site.Executor().SlotsAsync(default));
        await Assert.ThrowsAsync<NotFoundException>(() => _site.Executor(o => o with { Pool = "none" }).SlotsAsync(default));
    }

    [Fact]
    public async Task Sites_and_experiments_have_jobs_of_their_own()
    {
        string common = new('a', 60);
        AzureBatchExecutor one = _site!.Executor();
        AzureBatchExecutor other = _site.Executor(o => o with { Site = "other" });
        await one.StartAsync(Work(1, $"{common}-1"), default);
        await one.StartAsync(Work(1, $"{common}-2"), default);
        await other.StartAsync(Work(1, $"{common}-1"), default);
        Assert.Equal(3, Account.Jobs.Count);
        await one.RemoveAsync($"{common}-1", default);
        Assert.Equal(1, Account.Jobs.Count(j => j.State == "deleting"));
    }

    private static (SegmentStatus, int) Kind(SegmentOutcome outcome) => (outcome.Status, outcome.Attempts);

    /// <summary>The outcome of a segment whose task runs and then ends in some way.</summary>
    private async Task<SegmentOutcome> OutcomeOfAsync(Action<DoubleTask> end)
    {
        AzureBatchExecutor executor = _site!.Executor();
        SegmentWork work = Work(Account.Requests.Count + 1);
        string handle = await executor.StartAsync(work, default);
        DoubleTask task = Account.Task($"t{work.Segment.Trial}-s0-a0");
        Account.Begin(task);
        end(task);
        return await EndAsync(executor, work, handle);
    }
}
