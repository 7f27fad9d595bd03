using System.Text;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Tests.Executors.Processes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Executors.Ssh;

/// <summary>A test with programs that run without a connection, on a machine of its own.</summary>
public abstract class DetachedTest : IAsyncLifetime
{
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

    private readonly bool _isHost;
    private readonly List<SshExecutor> _executors = [];

    /// <param name="folderOfHost">Where this process is the host of a test in another process: the folder of that test.</param>
    private protected DetachedTest(string? folderOfHost = null)
    {
        _isHost = folderOfHost is not null;
        Folder = folderOfHost ?? Directory.CreateTempSubdirectory("hpo-detached-").FullName;
    }

    private protected string Folder { get; }

    private protected MemoryArtifacts Artifacts { get; } = new MemoryArtifacts().WithScripts(Scripts, ("local.py", Text));

    private protected RecordedEvents Events { get; set; } = new();

    private protected SshServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = _isHost ? null! : await SshServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_isHost)
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

        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private protected SshExecutor Start(SshOptions site)
    {
        _executors.Add(new(site, Folder, Events, Artifacts));
        return _executors[^1];
    }

    private protected static SegmentWork Work(string model, int trial = 1)
    {
        SegmentWork work = ProcessExecutorFixture.Python(model, trial);
        return work with { Definition = work.Definition with { Program = work.Definition.Program with { Scripts = Scripts, Script = "local.py" } } };
    }

    private protected async Task<SegmentOutcome> RunAsync(SshExecutor executor, SegmentWork work)
    {
        string handle = await executor.StartAsync(work, default);
        await Events.EndOf(work.Segment);
        return (await executor.PollAsync(work.Segment, handle, default))!;
    }

    private protected Report[] Reports(SegmentWork work, SegmentOutcome outcome) => [.. Events.ReportsOf(work.Segment), .. outcome.Reports];

    private protected async Task<int> MetricAsync(SegmentWork work, string name)
    {
        await Eventually.HoldsAsync(() => !Events.ReportsOf(work.Segment).IsEmpty, "it reports nothing");
        return (int)Events.ReportsOf(work.Segment)[0].Metrics[name]!.Value;
    }

    private protected Task LetGoAsync() => File.WriteAllTextAsync(Path.Join(Server.RemoteFolder, "machines", "go"), string.Empty);

    private protected Task EmptyAsync(string name) =>
        Eventually.HoldsAsync(() => Directory.GetFileSystemEntries(Path.Join(Server.RemoteFolder, "machines", name)).Length == 0, $"{name} is not empty");

    private protected static async Task<string> LogAsync(SshExecutor executor, int trial)
    {
        using MemoryStream log = new();
        Assert.True(await executor.CopyLogAsync("local", trial, log, default));
        return Encoding.UTF8.GetString(log.ToArray());
    }
}
