using System.Diagnostics;
using System.Globalization;
using System.Text;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>What becomes of programs that run without a connection when connections, nodes, disks and hosts fail.</summary>
public sealed class DetachedFailureTests : IAsyncLifetime
{
    private const string FolderVariable = "DETACHED_TEST_FOLDER";
    private const string PortVariable = "DETACHED_TEST_PORT";
    private const string Scripts = "scripts/local.zip";

    private const string Text = """
        import os
        import subprocess
        import time


        def hello(config, reporter):
            print("said on the node")
            reporter(loss=float(os.getpid()))


        def twenty(config, reporter):
            for step in range(20):
                print("step", step + 1)
                reporter(loss=float(step))
                time.sleep(0.1)


        def patient(config, reporter):
            reporter(loss=1.0, worker=os.getpid(), keeper=keeper())
            while not os.path.exists("../../../../go"):
                time.sleep(0.02)
            for step in range(3):
                reporter(loss=float(step), worker=os.getpid())


        def endless(config, reporter):
            child = subprocess.Popen(["sleep", "600"])
            reporter(loss=1.0, worker=os.getpid(), child=child.pid, keeper=keeper())
            time.sleep(600)


        def stubborn(config, reporter):
            subprocess.Popen(["sleep", "600"])
            while True:
                try:
                    reporter(loss=1.0, worker=os.getpid())
                    time.sleep(600)
                except BaseException:
                    pass


        def flood(config, reporter):
            while True:
                reporter(loss=1.0, worker=os.getpid(), **{"metric%d" % i: float(i) for i in range(100)})


        def keeper():
            with open("/proc/%d/stat" % os.getppid()) as file:
                return int(file.read().rsplit(")", 1)[1].split()[1])
        """;

    private readonly string _folder = Environment.GetEnvironmentVariable(FolderVariable) ?? Directory.CreateTempSubdirectory("hpo-detached-").FullName;
    private readonly List<SshExecutor> _executors = [];
    private readonly MemoryArtifacts _artifacts = new MemoryArtifacts().WithScripts(Scripts, ("local.py", Text));
    private RecordedEvents _events = new();
    private SshServer _server = null!;

    private static bool IsHost => Environment.GetEnvironmentVariable(FolderVariable) is not null;

    public async ValueTask InitializeAsync() => _server = IsHost ? null! : await SshServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (IsHost)
        {
            return;
        }

        if (_executors.Count > 0)
        {
            await _executors[^1].RemoveAsync("local", default);
        }

        foreach (SshExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Broken_connections_cost_nothing()
    {
        SshExecutor executor = Start(_server.AsyncSite());
        SegmentWork work = Work("twenty");
        string handle = await executor.StartAsync(work, default);
        for (int i = 0; i < 5; i++)
        {
            await _events.FirstReportOf(work.Segment);
            await Task.Delay(200);
            _server.BreakConnections();
        }

        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal(Enumerable.Range(1, 20), Reports(work, outcome).Select(r => (int)r.Step));
        Assert.Equal(string.Concat(Enumerable.Range(1, 20).Select(i => $"step {i}\n")), await LogAsync(executor, 1));
    }

    [Fact]
    public async Task A_server_that_was_away_finds_the_program_where_it_is()
    {
        SshExecutor executor = Start(_server.AsyncSite() with { MaxRetries = 1000 });
        SegmentWork work = Work("patient");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        await _server.StopAsync();
        await LetGoAsync();
        await ProcessExecutorFixture.GoneAsync(await MetricAsync(work, "worker")); // it ended while nobody could be told
        await _server.RunAsync();
        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal([1, 2, 3, 4], Reports(work, outcome).Select(r => (int)r.Step));
    }

    [Fact]
    public async Task A_node_that_stays_away_loses_the_segment_and_ends_it_when_it_is_back()
    {
        SshExecutor executor = Start(_server.AsyncSite() with { MaxRetries = 3 });
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        await _server.StopAsync();
        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("could not be reached 3 times", outcome.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{worker}"));

        await _server.RunAsync();
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(executor, Work("hello", trial: 2))).Status);
        await ProcessExecutorFixture.GoneAsync(worker);
        await EmptyAsync("kept");
    }

    [Fact]
    public async Task A_host_that_was_killed_finds_its_program_again()
    {
        SegmentWork running = Work("patient", trial: 2) with { Until = 3 };
        using Process host = StartHost(nameof(Host_that_is_killed));
        string started = Path.Join(_folder, "started");
        await UntilAsync(() => File.Exists(started) || host.HasExited);
        Assert.False(host.HasExited);
        host.Kill();
        await host.WaitForExitAsync();
        await LetGoAsync();

        List<long> asked = [];
        _events.Answer = (reports, wait, _) =>
        {
            if (wait)
            {
                asked.Add(reports[^1].Step);
            }

            return Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        };
        SshExecutor executor = Start(_server.AsyncSite());
        Assert.Equal(SegmentStatus.Completed, (await executor.PollAsync(Work("hello").Segment, "machines:local_t1_s0", default))!.Status);
        Assert.Null(await executor.PollAsync(running.Segment, "machines:local_t2_s0", default));
        await _events.EndOf(running.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(running.Segment, "machines:local_t2_s0", default))!;
        Assert.Equal((SegmentStatus.Completed, 1), (outcome.Status, outcome.Attempts));
        Assert.Equal(4, Reports(running, outcome)[^1].Step);
        Assert.Equal([3L], asked);

        await executor.ForgetAsync(running.Segment, "machines:local_t2_s0", default);
        Assert.Equal(SegmentStatus.Lost, (await executor.PollAsync(running.Segment, "machines:local_t2_s0", default))!.Status);
        await EmptyAsync("kept");
        await UntilAsync(() => Directory.GetFiles(Path.Join(_folder, "detached"), "*", SearchOption.AllDirectories).Length == 0);
    }

    [Fact]
    public async Task A_host_that_was_killed_leaves_no_connection_and_no_worker_without_a_segment()
    {
        using Process host = StartHost(nameof(Host_that_is_killed_before_its_worker_is_ready));
        string starts = Path.Join(_server.RemoteFolder, "machines", "starts");
        await UntilAsync(() => File.Exists(starts) || host.HasExited);
        Assert.False(host.HasExited);
        string sockets = Path.Join(_folder, "tmp", "hpo-ssh-");
        Assert.NotEmpty(CommandsWith(sockets));
        host.Kill();
        await host.WaitForExitAsync();
        await UntilAsync(() => CommandsWith(sockets).Length == 0);

        Start(_server.AsyncSite()); // runs nothing, and yet ends it
        await EmptyAsync("kept");
        await UntilAsync(() => Directory.GetFiles(Path.Join(_folder, "detached"), "*", SearchOption.AllDirectories).Length == 0);
    }

    /// <summary>The host of the test above.</summary>
    [Fact(Explicit = true)]
    public async Task Host_that_is_killed_before_its_worker_is_ready()
    {
        SshExecutor executor = new(ServerOfHost().AsyncSite() with { Prescript = "touch starts; sleep 600" }, _folder, _events, _artifacts);
        await executor.StartAsync(Work("hello"), default);
        await Task.Delay(Timeout.Infinite);
    }

    /// <summary>The host of the test before: another process, that this one kills.</summary>
    [Fact(Explicit = true)]
    public async Task Host_that_is_killed()
    {
        SshExecutor executor = new(ServerOfHost().AsyncSite(), _folder, _events, _artifacts);
        await RunAsync(executor, Work("hello"));
        SegmentWork work = Work("patient", trial: 2) with { Until = 3 };
        await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        await File.WriteAllTextAsync(Path.Join(_folder, "started"), string.Empty);
        await Task.Delay(Timeout.Infinite);
    }

    [Fact]
    public async Task What_ends_with_its_host_in_order_goes_on_without_it()
    {
        SshExecutor first = Start(_server.AsyncSite());
        SegmentWork work = Work("patient");
        string handle = await first.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        await first.DisposeAsync();
        await LetGoAsync();

        RecordedEvents before = _events;
        _events = new();
        SshExecutor second = Start(_server.AsyncSite());
        Assert.Equal(handle, await second.StartAsync(work, default));
        await _events.EndOf(work.Segment);
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
        SshExecutor first = Start(_server.AsyncSite());
        SegmentWork work = Work("endless");
        string handle = await first.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        int child = await MetricAsync(work, "child");
        await first.DisposeAsync();
        Assert.True(Directory.Exists($"/proc/{worker}"));

        SshExecutor second = Start(_server.AsyncSite());
        if (forgotten)
        {
            await second.ForgetAsync(work.Segment, handle, default);
        }
        else
        {
            await second.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
            await _events.EndOf(work.Segment);
            Assert.Equal(SegmentStatus.Stopped, (await second.PollAsync(work.Segment, handle, default))!.Status);
        }

        await ProcessExecutorFixture.GoneAsync(worker);
        await ProcessExecutorFixture.GoneAsync(child);
    }

    [Fact]
    public async Task A_program_that_does_not_stop_is_killed_with_its_children()
    {
        SshExecutor executor = Start(_server.AsyncSite());
        SegmentWork work = Work("stubborn");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        await executor.InterruptAsync(work.Segment, handle, InterruptKind.Stop, default);
        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Stopped, outcome.Status);
        Assert.Contains("killed because it did not stop", outcome.Reason, StringComparison.Ordinal);
        await ProcessExecutorFixture.GoneAsync(worker);
    }

    [Fact]
    public async Task What_is_killed_from_outside_with_its_keeper_is_lost()
    {
        SshExecutor executor = Start(_server.AsyncSite());
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        int keeper = await MetricAsync(work, "keeper");
        int worker = await MetricAsync(work, "worker");
        using (Process process = Process.GetProcessById(keeper))
        {
            process.Kill();
        }

        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("killed from outside", outcome.Error, StringComparison.Ordinal);
        await ProcessExecutorFixture.GoneAsync(worker); // it noticed
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_limit_ends_a_program_with_or_without_a_host(bool hostIsAway)
    {
        SshOptions site = _server.AsyncSite() with { AsyncTimeout = TimeSpan.FromSeconds(4) };
        SshExecutor executor = Start(site);
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        int worker = await MetricAsync(work, "worker");
        if (hostIsAway)
        {
            await executor.DisposeAsync();
            await ProcessExecutorFixture.GoneAsync(worker);
            executor = Start(site);
            await executor.StartAsync(work, default);
        }

        await _events.EndOf(work.Segment);
        SegmentOutcome outcome = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal((SegmentStatus.Failed, "async_timeout of 4 s exceeded"), (outcome.Status, outcome.Error));
    }

    [Fact]
    public async Task A_folder_that_is_full_loses_the_segment_and_ends_the_program()
    {
        string python = Path.Join(_folder, "python-with-little-room");
        await File.WriteAllTextAsync(python, $"#!/bin/sh\nulimit -f 128\nexec {_server.Site().Python} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        SshExecutor executor = Start(_server.AsyncSite() with { Python = python });
        SegmentWork work = Work("flood");
        SegmentOutcome outcome = await RunAsync(executor, work);
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("disk: File too large", outcome.Error, StringComparison.Ordinal);
        await EmptyAsync("kept"); // what keeps it has ended it
    }

    [Fact]
    public async Task A_node_with_another_host_key_is_never_talked_to()
    {
        string other = Path.Join(_server.Folder, "other_key");
        await SshServer.MakeKeyAsync(other);
        await _server.KnowAsync($"{other}.pub");
        SegmentOutcome outcome = await RunAsync(Start(_server.AsyncSite() with { MaxRetries = 2 }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("Host key verification failed", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_server.RemoteFolder));
    }

    [Theory]
    [InlineData("/no/such/python3", null, "/no/such/python3")]
    [InlineData("python3", "echo 'no such module: cuda' >&2; false", "the prescript failed")]
    public async Task A_node_on_which_no_worker_starts_fails_the_trial(string python, string? prescript, string words)
    {
        SegmentOutcome outcome = await RunAsync(Start(_server.AsyncSite() with { Python = python, Prescript = prescript }), Work("hello"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("set python of the site machines", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_postscript_has_its_time_and_nothing_is_left()
    {
        SshOptions site = _server.AsyncSite() with { Postscript = "sleep 1; echo over > over.txt" };
        SegmentOutcome outcome = await RunAsync(Start(site), Work("hello"));
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        await UntilAsync(() => File.Exists(Path.Join(site.Folder, "over.txt")));
        await EmptyAsync("kept");
    }

    private SshExecutor Start(SshOptions site)
    {
        _executors.Add(new(site, _folder, _events, _artifacts));
        return _executors[^1];
    }

    private static SegmentWork Work(string model, int trial = 1)
    {
        SegmentWork work = ProcessExecutorFixture.Python(model, trial);
        return work with { Definition = work.Definition with { Program = work.Definition.Program with { Scripts = Scripts, Script = "local.py" } } };
    }

    private async Task<SegmentOutcome> RunAsync(SshExecutor executor, SegmentWork work)
    {
        string handle = await executor.StartAsync(work, default);
        await _events.EndOf(work.Segment);
        return (await executor.PollAsync(work.Segment, handle, default))!;
    }

    private Report[] Reports(SegmentWork work, SegmentOutcome outcome) => [.. _events.ReportsOf(work.Segment), .. outcome.Reports];

    private async Task<int> MetricAsync(SegmentWork work, string name)
    {
        await UntilAsync(() => !_events.ReportsOf(work.Segment).IsEmpty);
        return (int)_events.ReportsOf(work.Segment)[0].Metrics[name]!.Value;
    }

    private Task LetGoAsync() => File.WriteAllTextAsync(Path.Join(_server.RemoteFolder, "machines", "go"), string.Empty);

    private Task EmptyAsync(string name) => UntilAsync(() => Directory.GetFileSystemEntries(Path.Join(_server.RemoteFolder, "machines", name)).Length == 0);

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
        SshServer.Of(Path.Join(_folder, "server"), int.Parse(Environment.GetEnvironmentVariable(PortVariable)!, CultureInfo.InvariantCulture));

    private Process StartHost(string method)
    {
        string temporary = Directory.CreateDirectory(Path.Join(_folder, "tmp")).FullName;
        Directory.CreateSymbolicLink(Path.Join(_folder, "server"), _server.Folder);
        ProcessStartInfo start = new(
            Path.ChangeExtension(typeof(DetachedFailureTests).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null)!,
            ["-explicit", "only", "-method", $"{typeof(DetachedFailureTests).FullName}.{method}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[FolderVariable] = _folder;
        start.Environment["TMPDIR"] = temporary;
        start.Environment[PortVariable] = _server.Port.ToString(CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }

    private static async Task<string> LogAsync(SshExecutor executor, int trial)
    {
        using MemoryStream log = new();
        Assert.True(await executor.CopyLogAsync("local", trial, log, default));
        return Encoding.UTF8.GetString(log.ToArray());
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(20);
        }
    }
}
