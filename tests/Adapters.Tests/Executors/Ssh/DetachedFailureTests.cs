using System.Diagnostics;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>What becomes of programs that run without a connection when connections, nodes and disks fail.</summary>
public sealed class DetachedFailureTests : DetachedTest
{
    [Fact]
    public async Task Broken_connections_cost_nothing()
    {
        SshExecutor executor = Start(Server.AsyncSite());
        SegmentWork work = Work("twenty");
        string handle = await executor.StartAsync(work, default);
        for (int i = 0; i < 5; i++)
        {
            await Events.FirstReportOf(work.Segment);
            await Task.Delay(200);
            Server.BreakConnections();
        }

        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal(Enumerable.Range(1, 20), Reports(work, outcome).Select(r => (int)r.Step));
        Assert.Equal(string.Concat(Enumerable.Range(1, 20).Select(i => $"step {i}\n")), await LogAsync(executor, 1));
    }

    [Fact]
    public async Task A_server_that_was_away_finds_the_program_where_it_is()
    {
        SshExecutor executor = Start(Server.AsyncSite() with { MaxRetries = 1000 });
        SegmentWork work = Work("patient");
        string handle = await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await Server.StopAsync();
        await LetGoAsync();
        await ProcessExecutorFixture.GoneAsync(await MetricAsync(work, "worker")); // it ended while nobody could be told
        await Server.RunAsync();
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal([1, 2, 3, 4], Reports(work, outcome).Select(r => (int)r.Step));
    }

    [Fact]
    public async Task A_node_that_stays_away_loses_the_segment_and_ends_it_when_it_is_back()
    {
        SshExecutor executor = Start(Server.AsyncSite() with { MaxRetries = 3 });
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        await Server.StopAsync();
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("could not be reached 3 times", outcome.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{worker}"));

        await Server.RunAsync();
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(executor, Work("hello", trial: 2))).Status);
        await ProcessExecutorFixture.GoneAsync(worker);
        await EmptyAsync("kept");
    }

    [Fact]
    public async Task A_program_that_does_not_stop_is_killed_with_its_children()
    {
        SshExecutor executor = Start(Server.AsyncSite());
        SegmentWork work = Work("stubborn");
        string handle = await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        await executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.Contains("killed because it did not stop", outcome.Reason, StringComparison.Ordinal);
        await ProcessExecutorFixture.GoneAsync(worker);
    }

    [Fact]
    public async Task What_is_killed_from_outside_with_its_keeper_is_lost()
    {
        SshExecutor executor = Start(Server.AsyncSite());
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        int keeper = await MetricAsync(work, "keeper");
        int worker = await MetricAsync(work, "worker");
        using (Process process = Process.GetProcessById(keeper))
        {
            process.Kill();
        }

        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("killed from outside", outcome.Error, StringComparison.Ordinal);
        await ProcessExecutorFixture.GoneAsync(worker); // it noticed
    }

    [Fact]
    public async Task A_folder_that_is_full_loses_the_segment_and_ends_the_program()
    {
        string python = Path.Join(Folder, "python-with-little-room");
        await File.WriteAllTextAsync(python, $"#!/bin/sh\nulimit -f 128\nexec {Server.Site().Python} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        SshExecutor executor = Start(Server.AsyncSite() with { Python = python });
        SegmentWork work = Work("flood");
        SegmentOutcome outcome = await RunAsync(executor, work);
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("disk: File too large", outcome.Error, StringComparison.Ordinal);
        await EmptyAsync("kept"); // what keeps it has ended it
    }

    [Fact]
    public async Task A_node_with_another_host_key_is_never_talked_to()
    {
        string other = Path.Join(Server.Folder, "other_key");
        await SshServer.MakeKeyAsync(other);
        await Server.KnowAsync($"{other}.pub");
        SegmentOutcome outcome = await RunAsync(Start(Server.AsyncSite() with { MaxRetries = 2 }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("Host key verification failed", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Server.RemoteFolder));
    }

    [Theory]
    [InlineData("/no/such/python3", null, "/no/such/python3")]
    [InlineData("python3", "echo 'no such module: cuda' >&2; false", "the prescript failed")]
    public async Task A_node_on_which_no_worker_starts_fails_the_trial(string python, string? prescript, string words)
    {
        SegmentOutcome outcome = await RunAsync(Start(Server.AsyncSite() with { Python = python, Prescript = prescript }), Work("hello"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("set python of the site machines", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_postscript_has_its_time_and_nothing_is_left()
    {
        SshOptions site = Server.AsyncSite() with { Postscript = "sleep 1; echo over > over.txt" };
        SegmentOutcome outcome = await RunAsync(Start(site), Work("hello"));
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        await Eventually.HoldsAsync(() => File.Exists(Path.Join(site.Folder, "over.txt")), "the postscript does not end");
        await EmptyAsync("kept");
    }
}
