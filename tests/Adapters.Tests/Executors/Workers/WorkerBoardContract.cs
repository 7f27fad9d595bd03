using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Workers;

/// <summary>How boards give out segments, take them back and lose them, on every store.</summary>
public abstract class WorkerBoardContract : WorkerBoardTest
{
    [Fact]
    public async Task Segments_are_given_out_in_the_order_in_which_they_came_and_no_more_than_a_worker_can_run()
    {
        WorkerExecutor site = await OpenAsync();
        await site.Board.RegisterAsync(new("w", 2), default);
        foreach (int trial in (int[])[10, 9, 11])
        {
            await site.StartAsync(Work(trial), default);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
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
            Clock.Advance(TimeSpan.FromSeconds(12));
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
        Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Null(await site.PollAsync(work.Segment, handle, default));
        Clock.Advance(TimeSpan.FromSeconds(2));

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
        Clock.Advance(TimeSpan.FromHours(1));

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
            Clock.Advance(TimeSpan.FromSeconds(20));
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
}
