using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>What becomes of segments when nodes, connections and disks fail.</summary>
public sealed class SshFailureTests : IAsyncLifetime
{
    private const string Scripts = "scripts/local.zip";

    private const string Text = """
        import os
        import subprocess
        import sys
        import time

        LOADED = os.getpid()


        def hello(config, reporter):
            print("said on the node:", os.environ.get("GREETING"), os.environ.get("FROM_PRESCRIPT"), os.path.exists("../../../../launch"))
            reporter(loss=float(LOADED))


        def endless(config, reporter):
            child = subprocess.Popen(["sleep", "600"])
            while True:
                reporter(loss=1.0, worker=os.getpid(), child=child.pid)
                time.sleep(0.02)


        class Counting:
            def setup(self, config):
                self.sum = 0
                self.restored = False

            def step(self):
                self.sum += 1
                if self.sum == 4 and not self.restored:
                    time.sleep(600)
                return {"loss": 10 - self.sum, "done": self.sum == 6}

            def save_checkpoint(self, folder):
                with open(os.path.join(folder, "sum"), "w") as file:
                    file.write(str(self.sum))

            def load_checkpoint(self, folder):
                self.restored = True
                with open(os.path.join(folder, "sum")) as file:
                    self.sum = int(file.read())
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-ssh-failures-").FullName;
    private readonly List<SshExecutor> _executors = [];
    private readonly RecordedEvents _events = new();
    private readonly MemoryArtifacts _artifacts = new MemoryArtifacts().WithScripts(Scripts, ("local.py", Text));
    private SshServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await SshServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (SshExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Scripts_settings_and_logs_travel_and_workers_stay_warm()
    {
        SshOptions site = _server.Site(slots: 1) with
        {
            Env = ImmutableSortedDictionary<string, string>.Empty.Add("GREETING", "it's 5 $HOME"),
            Prescript = "echo noise; export FROM_PRESCRIPT=yes",
            Postscript = "echo over > over.txt",
        };
        SshExecutor executor = Start(site);
        SegmentOutcome first = await RunAsync(executor, Work("hello"));
        SegmentOutcome second = await RunAsync(executor, Work("hello", trial: 2));

        Assert.Equal((SegmentStatus.Completed, SegmentStatus.Completed), (first.Status, second.Status));
        Assert.Equal(Reports(1, first)[^1].Metrics["loss"], Reports(2, second)[^1].Metrics["loss"]); // one process
        Assert.Contains("said on the node: it's 5 $HOME yes True", await LogAsync(executor, 1), StringComparison.Ordinal);
        Assert.Contains("said on the node", await LogAsync(executor, 2), StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Join(site.Folder, "scripts")));
        Assert.Single(Directory.GetDirectories(Path.Join(site.Folder, "harness")));

        await executor.DisposeAsync();
        await Eventually.HoldsAsync(() => File.Exists(Path.Join(site.Folder, "over.txt")), "the postscript does not run");
    }

    [Fact]
    public async Task What_an_experiment_left_goes_with_it()
    {
        SshOptions site = _server.Site();
        SshExecutor executor = Start(site);
        SegmentWork work = Work("hello");
        await RunAsync(executor, work);
        string there = Path.Join(site.Folder, "experiments", work.Segment.Experiment);
        Assert.True(Directory.Exists(there));
        await executor.RemoveAsync(work.Segment.Experiment, default);
        Assert.False(Directory.Exists(there));
    }

    [Fact]
    public async Task A_node_that_refuses_connections_loses_the_segment_after_all_tries()
    {
        await _server.StopAsync();
        SegmentOutcome outcome = await RunAsync(Start(_server.Site()), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains(_server.Node().Name, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("refused", outcome.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_passed_over_for_another()
    {
        SshOptions site = _server.Site() with { ReconnectWait = TimeSpan.FromMinutes(10), MaxRetries = 2 };
        site = site with { Nodes = [_server.Node() with { Port = 1 }, .. site.Nodes] };
        Assert.Equal(SegmentStatus.Completed, (await RunAsync(Start(site), Work("hello"))).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_with_another_host_key_is_never_talked_to(bool acceptNew)
    {
        string other = Path.Join(_server.Folder, "other_key");
        await SshServer.MakeKeyAsync(other);
        await _server.KnowAsync($"{other}.pub");
        SegmentOutcome outcome = await RunAsync(Start(_server.Site() with { AcceptNew = acceptNew, MaxRetries = 1 }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("Host key verification failed", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_server.RemoteFolder));
    }

    [Fact]
    public async Task An_unknown_host_is_trusted_only_where_that_is_wanted()
    {
        await File.WriteAllTextAsync(_server.KnownHosts, string.Empty);
        SegmentOutcome refused = await RunAsync(Start(_server.Site("strict") with { MaxRetries = 1 }), Work("hello"));
        SegmentOutcome accepted = await RunAsync(Start(_server.Site("trusting") with { AcceptNew = true }), Work("hello", trial: 2));
        Assert.Equal((SegmentStatus.Lost, SegmentStatus.Completed), (refused.Status, accepted.Status));
        Assert.Contains("ssh-ed25519", await File.ReadAllTextAsync(_server.KnownHosts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_not_let_in_says_so_and_asks_for_nothing()
    {
        await File.WriteAllTextAsync(Path.Join(_server.Folder, "authorized_keys"), string.Empty);
        SegmentOutcome outcome = await RunAsync(Start(_server.Site() with { MaxRetries = 1 }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("Permission denied", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_connection_drops_a_trial_goes_on_from_its_last_checkpoint(bool serverRestarts)
    {
        SshExecutor executor = Start(_server.Site());
        SegmentWork work = Work("Counting");
        work = work with { Definition = work.Definition with { Checkpoint = new() { Every = 1 } } };
        string handle = await executor.StartAsync(work, default);
        await _events.CheckpointOf(work.Segment, 3);
        if (serverRestarts)
        {
            await _server.StopAsync();
            await _server.RunAsync();
        }
        else
        {
            _server.BreakConnections();
        }

        await _events.EndOf(work.Segment);
        SegmentOutcome lost = (await executor.PollAsync(work.Segment, handle, default))!;
        Assert.Equal(SegmentStatus.Lost, lost.Status);
        Assert.Contains("the connection to", lost.Error, StringComparison.Ordinal);

        handle = await executor.StartAsync(work with { Attempt = 1, Checkpoints = _events.CheckpointsOf(work.Segment) }, default);
        SegmentOutcome? again = null;
        await Eventually.HoldsAsync(async () => (again = await executor.PollAsync(work.Segment, handle, default)) is not null, "it never ends");
        Assert.Equal((SegmentStatus.Completed, 2), (again!.Status, again.Attempts));
        Assert.Equal(3, _events.Restores.Single().Step);
        Assert.Equal(
            Enumerable.Range(1, 6).Select(step => (long)step),
            _events.ReportsOf(work.Segment).Concat(lost.Reports).Concat(again.Reports).Select(r => r.Step));
    }

    [Fact]
    public async Task Paused_on_one_node_a_trial_goes_on_at_another()
    {
        await using SshServer other = await SshServer.StartAsync();
        SshExecutor here = Start(_server.Site("one"));
        SegmentWork work = Work("Counting") with { Until = 3 };
        _events.Answer = (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Pause));
        Assert.Equal(SegmentStatus.Paused, (await RunAsync(here, work)).Status);

        _events.Answer = (_, _, _) => Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        SegmentWork next = work with { Segment = work.Segment with { Segment = 1 }, Until = null, Checkpoints = _events.CheckpointsOf(work.Segment) };
        SshExecutor there = Start(other.Site("two"));
        SegmentOutcome outcome = await RunAsync(there, next);
        await there.DisposeAsync();
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([.. Enumerable.Range(4, 3)], _events.ReportsOf(next.Segment).Concat(outcome.Reports).Select(r => (int)r.Step));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_not_wanted_any_more_ends_on_the_node_with_all_it_started(bool forgotten)
    {
        SshExecutor executor = Start(_server.Site());
        SegmentWork work = Work("endless");
        string handle = await executor.StartAsync(work, default);
        await _events.FirstReportOf(work.Segment);
        await Eventually.HoldsAsync(() => !_events.ReportsOf(work.Segment).IsEmpty, "it reports nothing");
        Report report = _events.ReportsOf(work.Segment)[0];
        if (forgotten)
        {
            await executor.ForgetAsync(work.Segment, handle, default);
        }
        else
        {
            _server.BreakConnections();
        }

        await ProcessExecutorFixture.GoneAsync((int)report.Metrics["worker"]!.Value);
        await ProcessExecutorFixture.GoneAsync((int)report.Metrics["child"]!.Value);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_loses_the_segment_and_says_why()
    {
        Directory.CreateDirectory(_server.RemoteFolder);
        await File.WriteAllTextAsync(Path.Join(_server.RemoteFolder, "machines"), "in the way");
        SegmentOutcome outcome = await RunAsync(Start(_server.Site() with { MaxRetries = 1 }), Work("hello"));
        Assert.Equal(SegmentStatus.Lost, outcome.Status);
        Assert.Contains("machines", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/python3", null, "/no/such/python3")]
    [InlineData("python3", "echo 'no such module: cuda' >&2; false", "the prescript failed")]
    public async Task A_node_on_which_no_worker_starts_fails_the_trial(string python, string? prescript, string words)
    {
        SegmentOutcome outcome = await RunAsync(Start(_server.Site() with { Python = python, Prescript = prescript }), Work("hello"));
        Assert.Equal(SegmentStatus.Failed, outcome.Status);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("set python of the site machines", outcome.Error, StringComparison.Ordinal);
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

    private Report[] Reports(int trial, SegmentOutcome outcome) => [.. _events.ReportsOf(Work("hello", trial).Segment), .. outcome.Reports];

    private static async Task<string> LogAsync(SshExecutor executor, int trial)
    {
        using MemoryStream log = new();
        Assert.True(await executor.CopyLogAsync("local", trial, log, default), string.Create(CultureInfo.InvariantCulture, $"trial {trial} has no log"));
        return Encoding.UTF8.GetString(log.ToArray());
    }
}
