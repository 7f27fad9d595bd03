using System.Diagnostics;
using System.Globalization;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>What becomes of programs that run without a connection when their host ends, is killed, or is another one.</summary>
public sealed class DetachedHostTests() : DetachedTest(Environment.GetEnvironmentVariable(FolderVariable))
{
    private const string FolderVariable = "DETACHED_TEST_FOLDER";
    private const string PortVariable = "DETACHED_TEST_PORT";

    [Fact]
    public async Task A_host_that_was_killed_finds_its_program_again()
    {
        SegmentWork running = Work("patient", trial: 2) with { Until = 3 };
        using Process host = StartHost(nameof(Host_that_is_killed));
        string started = Path.Join(Folder, "started");
        await Eventually.HoldsAsync(() => File.Exists(started) || host.HasExited, "the host does nothing");
        Assert.False(host.HasExited);
        host.Kill();
        await host.WaitForExitAsync();
        await LetGoAsync();

        List<long> asked = [];
        Events.Answer = (reports, wait, _) =>
        {
            if (wait)
            {
                asked.Add(reports[^1].Step);
            }

            return Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        };
        SshExecutor executor = Start(Server.AsyncSite());
        Assert.Equal(SegmentStatus.Completed, (await executor.PollAsync(Work("hello").Segment, "machines:local_t1_s0", default))!.Status);
        Assert.Null(await executor.PollAsync(running.Segment, "machines:local_t2_s0", default));
        await Events.EndOf(running.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(running.Segment, "machines:local_t2_s0", default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal(4, Reports(running, outcome)[^1].Step);
        Assert.Equal([3L], asked);

        await executor.ForgetAsync(running.Segment, "machines:local_t2_s0", default);
        Assert.Equal(SegmentStatus.Lost, (await executor.PollAsync(running.Segment, "machines:local_t2_s0", default))!.Status);
        await EmptyAsync("kept");
        await NothingIsRememberedAsync();
    }

    [Fact]
    public async Task A_host_that_was_killed_leaves_no_connection_and_no_worker_without_a_segment()
    {
        using Process host = StartHost(nameof(Host_that_is_killed_before_its_worker_is_ready));
        string starts = Path.Join(Server.RemoteFolder, "machines", "starts");
        await Eventually.HoldsAsync(() => File.Exists(starts) || host.HasExited, "the host does nothing");
        Assert.False(host.HasExited);
        string sockets = Path.Join(Folder, "tmp", "hpo-ssh-");
        Assert.NotEmpty(CommandsWith(sockets));
        host.Kill();
        await host.WaitForExitAsync();
        await Eventually.HoldsAsync(() => CommandsWith(sockets).Length == 0, "connections outlive their host");

        Start(Server.AsyncSite()); // runs nothing, and yet ends it
        await EmptyAsync("kept");
        await NothingIsRememberedAsync();
    }

    /// <summary>The host of the test above.</summary>
    [Fact(Explicit = true)]
    public async Task Host_that_is_killed_before_its_worker_is_ready()
    {
        SshExecutor executor = new(ServerOfHost().AsyncSite() with { Prescript = "touch starts; sleep 600" }, Folder, Events, Artifacts);
        await executor.StartAsync(Work("hello"), default);
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>The host of the test before: another process, that this one kills.</summary>
    [Fact(Explicit = true)]
    public async Task Host_that_is_killed()
    {
        SshExecutor executor = new(ServerOfHost().AsyncSite(), Folder, Events, Artifacts);
        await RunAsync(executor, Work("hello"));
        SegmentWork work = Work("patient", trial: 2) with { Until = 3 };
        await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await File.WriteAllTextAsync(Path.Join(Folder, "started"), string.Empty);
        await Task.Delay(Timeout.Infinite);
    }

    [Fact]
    public async Task What_ends_with_its_host_in_order_goes_on_without_it()
    {
        SshExecutor first = Start(Server.AsyncSite());
        SegmentWork work = Work("patient");
        string handle = await first.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        await first.DisposeAsync();
        await LetGoAsync();

        RecordedEvents before = Events;
        Events = new();
        SshExecutor second = Start(Server.AsyncSite());
        Assert.Equal(handle, await second.StartAsync(work, default));
        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await second.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal([1, 2, 3, 4], before.ReportsOf(work.Segment).Concat(Reports(work, outcome)).Select(r => (int)r.Step).Distinct());
        Assert.DoesNotContain(work.Segment, before.Ends);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_host_before_this_one_began_can_be_ended(bool forgotten)
    {
        SshExecutor first = Start(Server.AsyncSite());
        SegmentWork work = Work("endless");
        string handle = await first.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        int child = await MetricAsync(work, "child");
        await first.DisposeAsync();
        Assert.True(Directory.Exists($"/proc/{worker}"));

        SshExecutor second = Start(Server.AsyncSite());
        if (forgotten)
        {
            await second.ForgetAsync(work.Segment, handle, default);
        }
        else
        {
            await second.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
            await Events.EndOf(work.Segment);
            Assert.Equal(SegmentStatus.Stopped, (await second.PollAsync(work.Segment, handle, default))!.Status);
        }

        await ProcessExecutorFixture.GoneAsync(worker);
        await ProcessExecutorFixture.GoneAsync(child);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_limit_ends_a_program_with_or_without_a_host(bool hostIsAway)
    {
        SshOptions site = Server.AsyncSite() with { AsyncTimeout = TimeSpan.FromSeconds(4) };
        SshExecutor executor = Start(site);
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await Events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        if (hostIsAway)
        {
            await executor.DisposeAsync();
            await ProcessExecutorFixture.GoneAsync(worker);
            executor = Start(site);
            await executor.StartAsync(work, default);
        }

        await Events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Failed, "async_timeout of 4 s exceeded"), (outcome.Status, outcome.Error));
    }

    private Task NothingIsRememberedAsync() => Eventually.HoldsAsync(
        () => Directory.GetFiles(Path.Join(Folder, "detached"), "*", SearchOption.AllDirectories).Length == 0, "something is remembered of what is gone");

    private static string[] CommandsWith(string text) =>
        [.. Process.GetProcesses().Select(p => Path.Join("/proc", p.Id.ToString(CultureInfo.InvariantCulture), "cmdline")).Where(path => Holds(path, text))];

    private static bool Holds(string path, string text)
    {
        try
        {
            return File.ReadAllText(path).Contains(text, StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended
        }
    }

    private SshServer ServerOfHost() =>
        SshServer.Of(Path.Join(Folder, "server"), int.Parse(Environment.GetEnvironmentVariable(PortVariable)!, CultureInfo.InvariantCulture));

    private Process StartHost(string method)
    {
        string temporary = Directory.CreateDirectory(Path.Join(Folder, "tmp")).FullName;
        Directory.CreateSymbolicLink(Path.Join(Folder, "server"), Server.Folder);
        ProcessStartInfo start = new(
            Path.ChangeExtension(typeof(DetachedHostTests).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null)!,
            ["-explicit", "only", "-method", $"{typeof(DetachedHostTests).FullName}.{method}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[FolderVariable] = Folder;
        start.Environment["TMPDIR"] = temporary;
        start.Environment[PortVariable] = Server.Port.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }
}
