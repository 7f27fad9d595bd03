using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Contracts.Batch;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Ssh;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.LocalHost.Tests.Hosting;

/// <summary>One experiment with real training at every kind of site, on a bad day: nodes of Batch are taken away and its service is busy.</summary>
public sealed class AllSitesTests : IDisposable
{
    private const string Harness = "https://store.example/hpo_trial.zip";
    private const string Scripts = "scripts/digits.zip";

    private static readonly string Digits = Path.Join(Repository.Root, "examples", "digits");

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-sites-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Same_trials_are_run_and_the_same_best_is_found_everywhere()
    {
        string python = await Pythons.WithScikitLearnAsync();
        await using SshServer machine = await SshServer.StartAsync();
        await using BatchDouble account = await BatchDouble.StartAsync(Path.Combine(_folder, "nodes"));
        account.Pools["pool"].SlotsPerNode = 2;
        account.Blobs[Harness] = Zip(HarnessFiles());
        (account.PreemptedShare, account.PreemptedWithin, account.BusyShare) = (0.2, TimeSpan.FromSeconds(1), 0.05);
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = Path.Combine(_folder, "data"),
            HttpPort = 0,
            Executors = services => [Local(services, python), OverSsh(services, machine, python), OnBatch(services, account, python), OnWorkers(services)],
        });
        Process first = Worker(host, python);
        Process second = Worker(host, python);
        Process victim = Worker(host, python, "victim");
        await using Endings _ = new(first, second, victim);
        await host.Get<IArtifactStore>().PutAsync(Scripts, Zip([("digits.py", await File.ReadAllBytesAsync(Path.Join(Digits, "scripts", "digits.py")))]), default);

        string[] sites = ["local", "machines", "batch", "workers"];
        Dictionary<string, (ExperimentSummary Summary, ImmutableArray<Trial> Trials)> ends = [];
        foreach (string site in sites)
        {
            await host.RunAsync(site, Definition(site));
            if (site == "workers")
            {
                await UntilAsync(() => IsBusy(victim));
                victim.Kill();
            }

            ends.Add(site, (await host.EndAsync(site), await host.TrialsAsync(site)));
        }

        (ExperimentSummary here, ImmutableArray<Trial> expected) = ends["local"];
        Assert.Equal([3, 3, 3, 3, 3, 3, 6, 6, 12], expected.Select(trial => trial.LastStep).Order());
        Assert.All(sites, site =>
        {
            (ExperimentSummary there, ImmutableArray<Trial> trials) = ends[site];
            Assert.Equal(ExperimentStatus.Succeeded, there.Status);
            Assert.Equal(Essence(expected), Essence(trials));
            Assert.Equal((here.Best!.Trial, here.Best.Value), (there.Best!.Trial, there.Best.Value));
            Assert.All(trials, trial => Assert.Equal(Enumerable.Range(1, (int)trial.LastStep), trial.Reports.Select(report => (int)report.Step)));
        });
        Assert.Contains(ends["workers"].Trials, trial => trial.Attempts > trial.Segment + 1); // what the victim ran was started again
        Assert.True(account.Preempted > 0);
        DoubleJob job = Assert.Single(account.Jobs);
        Assert.Equal(9 + 3 + 1, job.Tasks.Count); // what Batch runs again is the same task
        await UntilAsync(() => account.Jobs.Single().State == "completed");
        Assert.All(Directory.EnumerateFiles(Path.Combine(_folder, "nodes"), "*", SearchOption.AllDirectories), file =>
            Assert.DoesNotContain(job.Tasks[0].Environment["HPO_TOKEN"], File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sites_are_read_from_the_data_folder()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "sites.json"), """{"cloud": {"type": "batch", "endpoint": "https://a.b.batch.azure.com", "pool": "gpu", "maxTrials": 9}}""");
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new() { DataFolder = folder });
        Assert.Equal(9, await host.Get<IExecutors>().For("cloud").SlotsAsync(default));
        Assert.IsType<ProcessExecutor>(host.Get<IExecutors>().For("local"));
    }

    /// <summary>Nine networks train for three epochs, three of them for six, and one for twelve; each goes on from its checkpoint.</summary>
    private static ExperimentDefinition Definition(string site) => Embedded.Definition(trials: 9, concurrent: 3) with
    {
        Site = site,
        Space = SearchSpace.Parse(File.ReadAllText(Path.Join(Digits, "search_space.json"))),
        Scheduler = new("custom_brackets", JsonSerializer.SerializeToElement(new { num_configs_list = new[] { 9, 3, 1 }, budgets_list = new[] { 3, 6, 12 } })),
        Checkpoint = new() { Every = 1 },
        Program = new() { Scripts = Scripts, Script = "digits.py", Model = "Digits" },
    };

    private static IEnumerable<(int, string, double?, long)> Essence(IEnumerable<Trial> trials) =>
        trials.OrderBy(t => t.Number).Select(t => (t.Number, t.Configuration.ToString(), t.Value, t.LastStep));

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (int left = 1000; left > 0 && !holds(); left--)
        {
            await Task.Delay(10);
        }

        Assert.True(holds());
    }

    private ProcessExecutor Local(IServiceProvider services, string python) => new(
        new() { WorkFolder = Path.Combine(_folder, "data"), MaxWorkers = 2, Python = python }, Get<ISegmentEvents>(services), Get<IArtifactStore>(services));

    private SshExecutor OverSsh(IServiceProvider services, SshServer machine, string python) => new(
        new()
        {
            Site = "machines",
            Nodes = [new(Environment.UserName, "127.0.0.1", machine.Port, machine.KeyFile)],
            KnownHosts = machine.KnownHosts,
            Folder = machine.RemoteFolder,
            Python = python,
            Slots = 2,
        },
        Path.Combine(_folder, "data"),
        Get<ISegmentEvents>(services),
        Get<IArtifactStore>(services));

    private static AzureBatchExecutor OnBatch(IServiceProvider services, BatchDouble account, string python) => new(
        new()
        {
            Endpoint = account.Endpoint,
            Pool = "pool",
            Harness = new(Harness),
            Python = python,
            PollEvery = TimeSpan.FromMilliseconds(200),
            FirstPause = TimeSpan.FromMilliseconds(20),
            Transport = new HttpClientTransport(account.CreateHandler()),
        },
        new FixedCredential(account.Token),
        Get<ITrialAccess>(services),
        Get<ISegmentEvents>(services));

    private static WorkerExecutor OnWorkers(IServiceProvider services) => new(
        new() { Site = "workers", HeartbeatTimeout = TimeSpan.FromSeconds(3) }, Get<IRowStore>(services), Get<ISegmentEvents>(services), TimeProvider.System);

    /// <summary>A worker of one trial at a time.</summary>
    private static Process Worker(EmbeddedHost host, string python, string? name = null)
    {
        ProcessStartInfo start = new(python, ["-m", "hpo_trial", "pull", "--stdin"]) { RedirectStandardInput = true };
        start.Environment["PYTHONPATH"] = Path.Combine(AppContext.BaseDirectory, "python");
        Process worker = Process.Start(start)!;
        worker.StandardInput.WriteLine(JsonSerializer.Serialize(new { url = host.BaseAddress, key = host.Keys.Function, site = "workers", n = 1, name, labels = Array.Empty<string>() }));
        worker.StandardInput.Flush();
        return worker;
    }

    /// <summary>Whether a worker has a process of its own that runs a trial.</summary>
    private static bool IsBusy(Process worker) =>
        Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{worker.Id}/task")).Any(thread => File.ReadAllText(Path.Join(thread, "children")).Length > 0);

    private static T Get<T>(IServiceProvider services)
        where T : notnull => (T)services.GetService(typeof(T))!;

    private static IEnumerable<(string Path, byte[] Content)> HarnessFiles()
    {
        string root = Path.Combine(AppContext.BaseDirectory, "python");
        return Directory.EnumerateFiles(root, "*.py", SearchOption.AllDirectories).Select(file => (Path.GetRelativePath(root, file), File.ReadAllBytes(file)));
    }

    private static byte[] Zip(IEnumerable<(string Path, byte[] Content)> files)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string path, byte[] content) in files)
            {
                using Stream entry = zip.CreateEntry(path).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Ends processes, whatever else happened.</summary>
    private sealed class Endings(params Process[] processes) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (Process process in processes)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
