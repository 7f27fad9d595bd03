using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Contracts.Stores;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

/// <summary>What boards of workers do on every store.</summary>
public abstract class WorkerBoardContract
{
    private readonly ManualTimeProvider _clock = new();

    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    [Fact]
    public async Task Segments_are_given_out_in_the_order_in_which_they_came_and_no_more_than_a_worker_can_run()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 2), default);
        foreach (int trial in (int[])[10, 9, 11])
        {
            await site.StartAsync(Work(trial), default);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        ImmutableArray<BoardSegment> leased = await LeaseAsync(site, "w", [], 5);
        Assert.Equal([10, 9], leased.Select(s => s.Segment.Trial));
        Assert.Empty(await LeaseAsync(site, "w", Leases(leased), 5));
        Assert.True(await site.Board.EndAsync(leased[0].Segment, leased[0].Lease, Completed(leased[0]), default));
        Assert.Equal([11], (await LeaseAsync(site, "w", [leased[1].Lease!], 5)).Select(s => s.Segment.Trial));
    }

    [Fact]
    public async Task A_lease_whose_answer_was_lost_is_answered_again()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 1), default);
        await site.StartAsync(Work(1), default);
        BoardSegment lost = Assert.Single(await LeaseAsync(site, "w", [], 1));
        Assert.Equal(lost.Lease, Assert.Single(await LeaseAsync(site, "w", [], 1)).Lease);
        Assert.Empty(await LeaseAsync(site, "w", [lost.Lease!], 1));
    }

    [Fact]
    public async Task What_a_worker_never_heard_of_waits_for_others_in_the_end()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 1), default);
        await site.Board.RegisterAsync(new("other", 1), default);
        await site.StartAsync(Work(1), default);
        await LeaseAsync(site, "w", [], 1);
        for (int beat = 0; beat < 4; beat++)
        {
            Assert.Empty((await site.Board.BeatAsync("w", null, [], default))!.Value.Gone);
            await site.Board.BeatAsync("other", null, [], default);
            _clock.Advance(TimeSpan.FromSeconds(12));
        }

        Assert.Single(await LeaseAsync(site, "other", [], 1));
    }

    [Fact]
    public async Task A_worker_that_is_not_heard_of_loses_its_segment_and_what_it_says_later_changes_nothing()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 1) { Name = "ant", Host = "hill" }, default);
        SegmentWork work = Work(1);
        string handle = await site.StartAsync(work, default);
        BoardSegment leased = Assert.Single(await LeaseAsync(site, "w", [], 1));
        Assert.Null(await site.PollAsync(work.Segment, handle, default));
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Null(await site.PollAsync(work.Segment, handle, default));
        _clock.Advance(TimeSpan.FromSeconds(2));

        SegmentOutcome outcome = (await site.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Lost, 1), (outcome.Status, outcome.Attempts));
        Assert.Contains("ant on hill", outcome.Error, StringComparison.Ordinal);
        Assert.False(await site.Board.HoldsAsync(leased.Segment, leased.Lease!, default));
        Assert.False(await site.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        Assert.Null(await site.Board.BeatAsync("w", null, [leased.Lease!], default)); // it has to register again
        Assert.Equal(SegmentStatus.Lost, (await site.PollAsync(work.Segment, handle, default))!.Status);

        string again = await site.StartAsync(work with { Attempt = 1 }, default);
        Assert.NotEqual(handle, again);
        await site.Board.RegisterAsync(new("other", 1), default);
        BoardSegment second = Assert.Single(await LeaseAsync(site, "other", [], 1));
        Assert.Equal(1, second.Attempt);
        Assert.False(await site.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        Assert.False(await site.Board.HandBackAsync(leased.Segment, leased.Lease!, default));
        Assert.True(await site.Board.EndAsync(second.Segment, second.Lease, Completed(second), default));
        Assert.True(await site.Board.EndAsync(second.Segment, second.Lease, Completed(second), default)); // told again, because the answer was lost
        Assert.Equal(SegmentStatus.Completed, (await site.PollAsync(work.Segment, again, default))!.Status);
        await site.ForgetAsync(work.Segment, again, default);
        Assert.Equal(SegmentStatus.Lost, (await site.PollAsync(work.Segment, again, default))!.Status);
    }

    [Fact]
    public async Task Nothing_is_lost_while_the_host_is_away()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        WorkerExecutor before = Open(stores);
        await before.Board.RegisterAsync(new("w", 1), default);
        SegmentWork work = Work(1);
        string handle = await before.StartAsync(work, default);
        SegmentWork waiting = Work(2);
        await before.StartAsync(waiting, default);
        BoardSegment leased = Assert.Single(await LeaseAsync(before, "w", [], 1));
        _clock.Advance(TimeSpan.FromHours(1));

        stores = stores.Reopen is { } reopen ? await reopen() : stores;
        WorkerExecutor after = Open(stores);
        Assert.Null(await after.PollAsync(work.Segment, handle, default));
        Assert.Empty(await after.Board.SweepAsync(default));
        Assert.Null(await after.Board.LeaseAsync("w", null, [leased.Lease!], 1, TimeSpan.Zero, default));
        Assert.True((await after.Board.RegisterAsync(new("w", 2), default)).IsMore);
        Assert.Equal(handle, await after.StartAsync(work, default));
        Assert.Equal([2], (await LeaseAsync(after, "w", [leased.Lease!], 1)).Select(s => s.Segment.Trial));
        Assert.True(await after.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        Assert.Equal(SegmentStatus.Completed, (await after.PollAsync(work.Segment, handle, default))!.Status);
    }

    [Fact]
    public async Task Of_many_workers_at_several_hosts_each_segment_has_one()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        WorkerExecutor[] hosts = [Open(stores), Open(stores.OpenAnother is { } another ? await another() : stores)];
        await Parallel.ForAsync(1, 31, async (trial, token) => await hosts[trial % 2].StartAsync(Work(trial), token));
        List<BoardSegment> all = [];
        await Parallel.ForAsync(0, 6, async (number, token) =>
        {
            WorkerExecutor host = hosts[number % 2];
            string worker = $"w{number}";
            await host.Board.RegisterAsync(new(worker, 2), token);
            while (await host.Board.LeaseAsync(worker, null, [], 2, TimeSpan.Zero, token) is { IsEmpty: false } leases)
            {
                foreach (BoardSegment leased in leases)
                {
                    Assert.True(await host.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), token));
                    lock (all)
                    {
                        all.Add(leased);
                    }
                }
            }
        });

        Assert.Equal(Enumerable.Range(1, 30), all.Select(leased => leased.Segment.Trial).Order());
        Assert.All(all, leased => Assert.Equal(1, leased.Leases));
    }

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
        _clock.Advance(TimeSpan.FromSeconds(20));
        await site.Board.BeatAsync("a", null, [], default);
        _clock.Advance(TimeSpan.FromSeconds(20));
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
        _clock.Advance(TimeSpan.FromMilliseconds(1));
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
    public async Task A_worker_that_leaves_or_hands_back_harms_nothing()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("a", 2), default);
        SegmentWork one = Work(1);
        string handle = await site.StartAsync(one, default);
        await site.StartAsync(Work(2), default);
        ImmutableArray<BoardSegment> leased = await LeaseAsync(site, "a", [], 2);
        Assert.True(await site.Board.HandBackAsync(leased[0].Segment, leased[0].Lease!, default));
        Assert.False(await site.Board.HandBackAsync(leased[0].Segment, leased[0].Lease!, default));
        await site.Board.LeaveAsync("a", default);
        await site.Board.LeaveAsync("a", default);
        Assert.Null(await site.PollAsync(one.Segment, handle, default));

        await site.Board.RegisterAsync(new("b", 2), default);
        ImmutableArray<BoardSegment> again = await LeaseAsync(site, "b", [], 2);
        Assert.Equal([(1, 0, 2), (2, 0, 2)], again.Select(s => (s.Segment.Trial, s.Attempt, s.Leases)));
        Assert.True(await site.Board.LoseAsync(again[0].Segment, again[0].Lease!, "the disk is full", default));
        SegmentOutcome lost = (await site.PollAsync(one.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Lost, "the disk is full"), (lost.Status, lost.Error));
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
        _clock.Advance(TimeSpan.FromSeconds(40));
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

    [Fact]
    public async Task What_does_not_end_although_it_was_told_to_loses_its_lease()
    {
        WorkerExecutor site = await OpenAsync(new() { Site = "farm", PollEvery = TimeSpan.FromSeconds(1), StopGrace = TimeSpan.FromSeconds(2) });
        await site.Board.RegisterAsync(new("a", 1), default);
        SegmentWork work = Work(1);
        string handle = await site.StartAsync(work, default);
        BoardSegment leased = Assert.Single(await LeaseAsync(site, "a", [], 1));
        await site.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        for (int beat = 0; beat < 2; beat++)
        {
            Assert.Null(await site.PollAsync(work.Segment, handle, default));
            _clock.Advance(TimeSpan.FromSeconds(20));
            await site.Board.BeatAsync("a", null, [leased.Lease!], default);
        }

        Assert.Equal(SegmentStatus.Stopped, (await site.PollAsync(work.Segment, handle, default))!.Status);
        Assert.False(await site.Board.EndAsync(leased.Segment, leased.Lease, Completed(leased), default));
        Assert.Equal([leased.Lease!], (await site.Board.BeatAsync("a", null, [leased.Lease!], default))!.Value.Gone);
    }

    [Fact]
    public async Task Whoever_waits_gets_what_comes()
    {
        WorkerExecutor site = Open(await CreateStoresAsync(), clock: TimeProvider.System);
        await site.Board.RegisterAsync(new("a", 1), default);
        Task<ImmutableArray<BoardSegment>?> waits = site.Board.LeaseAsync("a", null, [], 1, TimeSpan.FromMinutes(1), default);
        await Task.Delay(50);
        Assert.False(waits.IsCompleted);
        await site.StartAsync(Work(1), default);
        Assert.Single((await waits)!.Value);
        using CancellationTokenSource hungUp = new();
        Task<ImmutableArray<BoardSegment>?> second = site.Board.LeaseAsync("a", null, ["held"], 1, TimeSpan.FromMinutes(1), hungUp.Token);
        await hungUp.CancelAsync();
        await Task.WhenAny(second);
    }

    private static ImmutableArray<string> Leases(ImmutableArray<BoardSegment> leased) => [.. leased.Select(segment => segment.Lease!)];

    private static SegmentWork Work(int trial, string experiment = "e") => new(
        new SegmentId(experiment, trial, 0),
        new ExperimentDefinition
        {
            Project = "p",
            Space = new SearchSpace(new UniformParameter("x", 0, 1)),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            NumTrials = 1,
            MaxConcurrent = 1,
            Seed = 1,
            Program = new() { Scripts = "scripts/x.zip" },
        },
        Configuration.Of(("x", ParameterValue.Of(0.5))),
        Until: null,
        Attempt: 0);

    private static SegmentOutcome Completed(BoardSegment leased) => new()
    {
        Status = SegmentStatus.Completed,
        Site = "farm",
        Attempts = leased.Attempt + 1,
        Reports = [new Report(1, new Metrics([KeyValuePair.Create("loss", double.NaN)]), DateTimeOffset.UnixEpoch)],
    };

    /// <summary>What a worker gets now.</summary>
    private static async Task<ImmutableArray<BoardSegment>> LeaseAsync(WorkerExecutor site, string worker, ImmutableArray<string> held, int count, bool answeredAgain = false)
    {
        ImmutableArray<string> known = answeredAgain
            ? [.. (await site.Board.WorkersAsync(default)).Single(status => status.Worker.Id == worker).Running.Select(leased => leased.Lease!)]
            : held;
        return (await site.Board.LeaseAsync(worker, null, known, count, TimeSpan.Zero, default))!.Value;
    }

    private async Task<WorkerExecutor> OpenAsync(WorkersOptions? options = null) => Open(await CreateStoresAsync(), options);

    private WorkerExecutor Open(StoresUnderTest stores, WorkersOptions? options = null, TimeProvider? clock = null) =>
        new(options ?? new() { Site = "farm" }, stores.Rows, events: null, clock ?? _clock);
}
