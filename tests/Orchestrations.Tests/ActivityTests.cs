using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>The activities of segments run at least once: doing one twice is doing it once.</summary>
public sealed class ActivityTests
{
    private static readonly SegmentId First = new(Workshop.Id, 1, 0);

    [Fact]
    public async Task Submit_twice_starts_once()
    {
        Workshop shop = new();
        await shop.StartAsync();

        string? handle = await shop.Submit.RunAsync(new(First), CancellationToken.None);
        string? again = await shop.Submit.RunAsync(new(First), CancellationToken.None);

        Assert.NotNull(handle);
        Assert.Equal(handle, again);
        Assert.Equal(1, shop.Runs);
    }

    [Fact]
    public async Task Submit_of_what_nobody_waits_for_starts_nothing()
    {
        Workshop shop = new();
        await shop.StartAsync();
        await shop.EndAsync(1);
        await shop.AdvanceAsync(2);

        Assert.Null(await shop.Submit.RunAsync(new(First), CancellationToken.None));
        Assert.Null(await shop.Submit.RunAsync(new(First with { Segment = 5 }), CancellationToken.None));
        Assert.Null(await shop.Submit.RunAsync(new(First with { Trial = 99 }), CancellationToken.None));
        Assert.Equal(0, shop.Runs);
    }

    [Fact]
    public async Task Submit_of_what_was_told_to_stop_meanwhile_ends_it()
    {
        Workshop shop = new(async (work, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return FunctionExecutor.Ended(SegmentStatus.Stopped);
        });
        await shop.StartAsync();
        await shop.Stores.Inbox.PostAsync(Workshop.Id, new CommandGiven("c-1", ExperimentCommand.Stop, "a test"), CancellationToken.None);
        await shop.AdvanceAsync(2);

        SegmentRun run = new(First);
        run = run with { Handle = await shop.Submit.RunAsync(run, CancellationToken.None) };

        SegmentProgress progress = SegmentProgress.Running;
        for (int look = 0; look < 1000 && progress == SegmentProgress.Running; look++)
        {
            await Task.Delay(5);
            progress = await shop.Poll.RunAsync(run, CancellationToken.None);
        }

        Assert.Equal(SegmentProgress.Ended, progress);
    }

    [Fact]
    public async Task Submit_of_what_can_never_run_is_a_failed_trial()
    {
        Workshop shop = new();
        await shop.StartAsync(d => d with { Site = "moon" });

        Assert.Null(await shop.Submit.RunAsync(new(First), CancellationToken.None));
        Assert.Null(await shop.Submit.RunAsync(new(First), CancellationToken.None));
        await shop.AdvanceAsync(2);

        Trial trial = await shop.TrialAsync(1);
        Assert.Equal(TrialStatus.Failed, trial.Status);
        Assert.Contains("moon", trial.Error);
    }

    [Fact]
    public async Task Segment_that_is_to_end_is_interrupted_though_the_message_was_lost()
    {
        Workshop shop = new(async (work, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FunctionExecutor.Completed(work);
        });
        await shop.StartAsync();
        SegmentRun before = await SubmitAsync(shop);
        await shop.Stores.Inbox.PostAsync(Workshop.Id, new CommandGiven("c-1", ExperimentCommand.Stop, "test"), CancellationToken.None);
        await shop.AdvanceAsync(2);

        SegmentRun after = new(new(Workshop.Id, 2, 0));
        after = after with { Handle = await shop.Submit.RunAsync(after, CancellationToken.None) };
        Assert.Equal(SegmentProgress.Running, await shop.Poll.RunAsync(before, CancellationToken.None));

        await UntilEndedAsync(shop, before);
        await UntilEndedAsync(shop, after);
        Assert.True(await shop.Collect.RunAsync(before, CancellationToken.None));
        Assert.True(await shop.Collect.RunAsync(after, CancellationToken.None));
        Assert.True((await shop.AdvanceAsync(3)).Finished);
        Assert.Equal(new TrialCounts(Stopped: 2), (await shop.SummaryAsync()).Trials);
    }

    [Fact]
    public async Task Collect_twice_counts_once()
    {
        Workshop shop = new();
        await shop.StartAsync();
        SegmentRun run = await SubmitAsync(shop);
        await UntilEndedAsync(shop, run);

        Assert.True(await shop.Collect.RunAsync(run, CancellationToken.None));
        Assert.Equal(SegmentProgress.Ended, await shop.Poll.RunAsync(run, CancellationToken.None)); // the executor has forgotten it by now
        Assert.True(await shop.Collect.RunAsync(run, CancellationToken.None));
        await shop.AdvanceAsync(2);
        Assert.True(await shop.Collect.RunAsync(run, CancellationToken.None));
        Assert.True(await shop.Collect.RunAsync(run with { Attempt = 99 }, CancellationToken.None));
        await shop.AdvanceAsync(2);

        Assert.Equal(1, (await shop.SummaryAsync()).Trials.Completed);
        Assert.Equal(1.0, (await shop.TrialAsync(1)).Value);
    }

    [Fact]
    public async Task Running_segment_is_neither_ended_nor_collected()
    {
        TaskCompletionSource never = new();
        Workshop shop = new(async (work, stop) =>
        {
            await never.Task.WaitAsync(stop);
            return FunctionExecutor.Completed(work);
        });
        await shop.StartAsync();
        SegmentRun run = await SubmitAsync(shop);

        Assert.Equal(SegmentProgress.Running, await shop.Poll.RunAsync(run, CancellationToken.None));
        Assert.False(await shop.Collect.RunAsync(run, CancellationToken.None));
        await shop.Cancel.RunAsync(run, CancellationToken.None);
        await UntilEndedAsync(shop, run);
        Assert.True(await shop.Collect.RunAsync(run, CancellationToken.None));
        Assert.Equal(SegmentStatus.Stopped, Assert.IsType<SegmentEnded>(Assert.Single(await shop.InboxAsync())).Outcome.Status);
    }

    [Fact]
    public async Task Running_segment_that_nobody_waits_for_any_more_is_let_go()
    {
        Workshop shop = new(async (work, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FunctionExecutor.Completed(work);
        });
        await shop.StartAsync();
        SegmentRun run = await SubmitAsync(shop);
        await shop.EndAsync(1); // by another way than the executor
        await shop.AdvanceAsync(2);

        Assert.Equal(SegmentProgress.Ended, await shop.Poll.RunAsync(run, CancellationToken.None));
        Assert.True(await shop.Collect.RunAsync(run, CancellationToken.None));
        Assert.Empty(await shop.InboxAsync());
        await UntilEndedAsync(shop, run);
    }

    [Fact]
    public async Task Segment_whose_outcome_was_told_is_let_go_and_not_told_again()
    {
        Workshop shop = new(async (work, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FunctionExecutor.Completed(work);
        });
        await shop.StartAsync();
        SegmentRun run = await SubmitAsync(shop);

        Assert.True(await shop.Collect.RunAsync(run with { Told = true }, CancellationToken.None));
        Assert.Empty(await shop.InboxAsync());
        await UntilEndedAsync(shop, run);
    }

    [Fact]
    public async Task Lost_segment_is_tried_again_up_to_the_limit_and_then_has_failed()
    {
        Workshop shop = new((_, _) => Task.FromResult(FunctionExecutor.Ended(SegmentStatus.Lost, "node gone")));
        await shop.StartAsync(d => d with { Limits = new() { Retries = 2 } });

        for (int attempt = 0; attempt < 2; attempt++)
        {
            SegmentRun lost = await SubmitAsync(shop, attempt);
            await UntilEndedAsync(shop, lost);
            Assert.Equal(SegmentProgress.Lost, await shop.Poll.RunAsync(lost, CancellationToken.None));
            Assert.False(await shop.Collect.RunAsync(lost, CancellationToken.None));
        }

        SegmentRun last = await SubmitAsync(shop, attempt: 2);
        await UntilEndedAsync(shop, last);
        Assert.Equal(SegmentProgress.Ended, await shop.Poll.RunAsync(last, CancellationToken.None));
        Assert.True(await shop.Collect.RunAsync(last, CancellationToken.None));
        await shop.AdvanceAsync(2);

        Trial trial = await shop.TrialAsync(1);
        Assert.Equal(TrialStatus.Failed, trial.Status);
        Assert.Contains("node gone", trial.Error);
        Assert.Equal(3, shop.Runs);
    }

    private static async Task<SegmentRun> SubmitAsync(Workshop shop, int attempt = 0)
    {
        SegmentRun run = new(First, attempt);
        return run with { Handle = await shop.Submit.RunAsync(run, CancellationToken.None) };
    }

    private static async Task UntilEndedAsync(Workshop shop, SegmentRun run)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (await shop.For("local").PollAsync(run.Segment, run.Handle!, patience.Token) is null)
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
