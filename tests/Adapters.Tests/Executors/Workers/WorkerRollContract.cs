using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

/// <summary>Who is a worker of a site, for what, and how much the site runs by them, on every store.</summary>
public abstract class WorkerRollContract : WorkerBoardTest
{
    [Fact]
    public async Task Slots_follow_the_workers_that_are_there()
    {
        WorkerExecutor site = await OpenAsync();
        Assert.Equal(0, await site.SlotsAsync(default));
        Assert.True((await site.Board.RegisterAsync(new("a", 2), default)).IsMore);
        Assert.False((await site.Board.RegisterAsync(new("a", 2), default)).IsMore);
        await site.Board.RegisterAsync(new("b", 3), default);
        Assert.Equal(5, await site.SlotsAsync(default));
        await site.StartAsync(Work(1), default);
        await LeaseAsync(site, "b", [], 1);
        await site.Board.DrainAsync("b", default);
        Assert.Equal(3, await site.SlotsAsync(default)); // two, and what runs to its end
        await site.StartAsync(Work(2), default);
        Assert.Empty(await LeaseAsync(site, "b", [], 1, answeredAgain: true));
        Clock.Advance(TimeSpan.FromSeconds(20));
        await site.Board.BeatAsync("a", null, [], default);
        Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(2, await site.SlotsAsync(default));
        await site.Board.LeaveAsync("a", default);
        Assert.Equal(0, await site.SlotsAsync(default));
    }

    [Fact]
    public async Task Nothing_begins_before_enough_workers_are_there_and_later_fewer_will_do()
    {
        WorkerExecutor site = await OpenAsync(new() { Site = "farm", MinWorkers = 2 });
        await site.Board.RegisterAsync(new("a", 4), default);
        Assert.Equal(0, await site.SlotsAsync(default));
        await site.StartAsync(Work(1), default);
        Assert.Empty(await LeaseAsync(site, "a", [], 1));
        await site.Board.RegisterAsync(new("b", 1), default);
        Assert.Equal(5, await site.SlotsAsync(default));
        Assert.Single(await LeaseAsync(site, "a", [], 1));
        await site.Board.LeaveAsync("b", default);
        await site.StartAsync(Work(2), default);
        Assert.Equal(4, await site.SlotsAsync(default));
        Assert.Single(await LeaseAsync(site, "a", [], 1, answeredAgain: true));
        await site.StartAsync(Work(3, "another"), default);
        Assert.Empty(await LeaseAsync(site, "a", [], 1, answeredAgain: true));
    }

    [Fact]
    public async Task Workers_of_other_experiments_are_neither_slots_nor_enough_to_begin()
    {
        WorkerExecutor site = await OpenAsync(new() { Site = "farm", MinWorkers = 2 });
        SegmentWork work = Work(1, "mine");
        await site.Board.RegisterAsync(new("all", 3), default);
        await site.Board.RegisterAsync(new("theirs", 4) { Experiment = "other" }, default);
        await site.StartAsync(work, default);
        Assert.Equal((0, 7), (await SlotsAsync("mine"), await SlotsAsync("other")));
        Assert.Empty(await LeaseAsync(site, "all", [], 1));

        await site.StartAsync(Work(1, "other"), default);
        Assert.Single(await LeaseAsync(site, "theirs", [], 1));
        Assert.Equal(0, await SlotsAsync("mine")); // that another has begun changes nothing
        await site.Board.RegisterAsync(new("mine", 2) { Experiment = "mine" }, default);
        Assert.Equal((5, 7), (await SlotsAsync("mine"), await SlotsAsync("other")));
        Assert.Equal(work.Segment, Assert.Single(await LeaseAsync(site, "all", [], 1)).Segment);

        Task<int?> SlotsAsync(string experiment) => site.SlotsAsync(experiment, work.Definition, default);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_more_is_leased_than_the_site_may_run_of_all_experiments_together(bool isPassive)
    {
        WorkerExecutor site = await OpenAsync(isPassive ? new() { Site = "farm", IsPassive = true } : new() { Site = "farm", MaxTrials = 1 });
        await site.Board.RegisterAsync(new("a", 2), default);
        await site.Board.RegisterAsync(new("b", 2), default);
        await site.StartAsync(Work(1, "one"), default);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await site.StartAsync(Work(1, "two"), default);
        BoardSegment leased = Assert.Single(await LeaseAsync(site, "a", [], 2));
        Assert.Empty(await LeaseAsync(site, "b", [], 2));
        Assert.Empty(await LeaseAsync(site, "a", [leased.Lease!], 2));
        Assert.True(await site.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        Assert.Equal("two", Assert.Single(await LeaseAsync(site, "b", [], 2)).Segment.Experiment);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_an_experiment_those_go_who_asked_for_its_trials(bool isRemoved)
    {
        WorkerExecutor site = await OpenAsync(new() { Site = "farm", IsPassive = true });
        await site.Board.RegisterAsync(new("ask-e", 1) { Experiment = "e", Asks = true }, default);
        await site.Board.RegisterAsync(new("ask-other", 1) { Experiment = "other", Asks = true }, default);
        await site.Board.RegisterAsync(new("worker", 1) { Experiment = "e" }, default);
        await (isRemoved ? site.RemoveAsync("e", default) : site.FinishAsync("e", default));
        Assert.Equal(["ask-other", "worker"], (await site.Board.WorkersAsync(default)).Select(status => status.Worker.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_asks_goes_with_the_newest_request_unless_something_is_leased()
    {
        WorkerExecutor site = await OpenAsync();
        WorkerRecord asker = new("ask", 1) { Experiment = "e", Asks = true, Request = "first" };
        await site.Board.RegisterAsync(asker, default);
        await site.Board.RegisterAsync(asker with { Request = "second" }, default);
        await site.Board.LeaveIdleAsync("ask", "first", default);
        Assert.NotNull(await site.Board.FindWorkerAsync("ask", default));
        await site.StartAsync(Work(1), default);
        BoardSegment leased = Assert.Single(await LeaseAsync(site, "ask", [], 1));
        await site.Board.LeaveIdleAsync("ask", "second", default);
        Assert.True(await site.Board.HoldsAsync(leased.Segment, leased.Lease!, default));
        Assert.NotNull(await site.Board.FindWorkerAsync("ask", default));
        Assert.True(await site.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        await site.Board.LeaveIdleAsync("ask", "second", default);
        Assert.Null(await site.Board.FindWorkerAsync("ask", default));
    }

    [Fact]
    public async Task Whoever_registered_a_worker_speaks_for_it_until_it_is_gone()
    {
        Owner ann = new("1", "ann");
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 1) { Owner = ann }, default);
        await site.StartAsync(Work(1), default);
        foreach (Owner? other in (Owner?[])[new("2", "ann"), null])
        {
            await RefusedAsync(board => board.RegisterAsync(new("w", 2) { Owner = other }, default));
            await RefusedAsync(board => board.BeatAsync("w", other, [], default));
            await RefusedAsync(board => board.LeaseAsync("w", other, [], 1, TimeSpan.Zero, default));
            await RefusedAsync(board => board.RequireOwnAsync("w", other, default));
        }

        Assert.Single((await site.Board.LeaseAsync("w", ann with { Name = "anne" }, [], 2, TimeSpan.Zero, default))!.Value);
        Clock.Advance(TimeSpan.FromSeconds(40));
        await RefusedAsync(board => board.RegisterAsync(new("w", 1), default)); // lost, and still known
        await site.Board.LeaveAsync("w", default);
        await site.Board.RegisterAsync(new("w", 1), default);
        await RefusedAsync(board => board.BeatAsync("w", ann, [], default));

        async Task RefusedAsync(Func<WorkerBoard, Task> call) => Assert.Equal("w", (await Assert.ThrowsAsync<ConflictException>(() => call(site.Board))).Id);
    }

    [Fact]
    public async Task A_worker_for_one_experiment_gets_nothing_of_another()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("a", 2) { Experiment = "mine" }, default);
        await site.StartAsync(Work(1, "other"), default);
        await site.StartAsync(Work(1, "mine"), default);
        Assert.Equal(["mine"], (await LeaseAsync(site, "a", [], 2)).Select(s => s.Segment.Experiment));
    }
}
