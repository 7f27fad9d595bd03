using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Contracts.Batch;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.LocalHost.Tests.Hosting;

/// <summary>Experiments whose trials run as tasks of Batch, and report by HTTP.</summary>
public sealed class BatchHostTests : IDisposable
{
    private const string Harness = "https://store.example/hpo_trial.zip";
    private const string Scripts = "scripts/batch.zip";

    private const string Script = """
        import os
        import time


        class Train:
            def setup(self, config):
                self.x = config["x"]
                self.steps = 0

            def step(self):
                time.sleep(0.05)
                self.steps += 1
                return {"loss": self.x ** 2 / self.steps}

            def save_checkpoint(self, folder):
                with open(os.path.join(folder, "steps"), "w") as file:
                    file.write(str(self.steps))

            def load_checkpoint(self, folder):
                with open(os.path.join(folder, "steps")) as file:
                    self.steps = int(file.read())
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-batch-host-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task With_nodes_taken_away_and_a_busy_service_an_experiment_ends_as_it_does_on_this_machine()
    {
        await using BatchDouble account = await BatchDouble.StartAsync(Path.Combine(_folder, "nodes"));
        account.Pools["pool"].SlotsPerNode = 4;
        account.Blobs[Harness] = Zip(HarnessFiles());
        (account.PreemptedShare, account.PreemptedWithin, account.BusyShare) = (0.2, TimeSpan.FromSeconds(1), 0.05);
        await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = Path.Combine(_folder, "data"),
            HttpPort = 0,
            Executors = services => [Local(services), OnBatch(services, account)],
        });
        await host.Get<IArtifactStore>().PutAsync(Scripts, Zip([("train.py", Encoding.UTF8.GetBytes(Script))]), default);

        await host.RunAsync("here", Definition("local"));
        await host.RunAsync("there", Definition("batch"));
        ExperimentSummary here = await host.EndAsync("here");
        ExperimentSummary there = await host.EndAsync("there");

        ImmutableArray<Trial> trials = await host.TrialsAsync("there");
        Assert.All(trials, trial => Assert.Equal((TrialStatus.Completed, null), (trial.Status, trial.Error)));
        Assert.Equal(Essence(await host.TrialsAsync("here")), Essence(trials));
        Assert.Equal((here.Best!.Trial, here.Best.Value), (there.Best!.Trial, there.Best.Value));
        Assert.True(account.Preempted > 0);
        DoubleJob job = Assert.Single(account.Jobs);
        Assert.Equal(12, job.Tasks.Count); // what Batch runs again is the same task
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

    private static ExperimentDefinition Definition(string site) => Embedded.Definition(trials: 12, concurrent: 4) with
    {
        Site = site,
        Checkpoint = new() { Every = 1 },
        Stop = ImmutableSortedDictionary<string, double>.Empty.Add("training_iteration", 6),
        Program = new() { Scripts = Scripts, Script = "train.py", Model = "Train" },
    };

    private static IEnumerable<(int, double, double?, long)> Essence(IEnumerable<Trial> trials) =>
        trials.OrderBy(t => t.Number).Select(t => (t.Number, t.Configuration["x"].AsDouble(), t.Value, t.LastStep));

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (int left = 1000; left > 0 && !holds(); left--)
        {
            await Task.Delay(10);
        }

        Assert.True(holds());
    }

    private ProcessExecutor Local(IServiceProvider services) => new(
        new() { WorkFolder = Path.Combine(_folder, "data"), MaxWorkers = 2 }, Get<ISegmentEvents>(services), Get<IArtifactStore>(services));

    private static AzureBatchExecutor OnBatch(IServiceProvider services, BatchDouble account) => new(
        new()
        {
            Endpoint = account.Endpoint,
            Pool = "pool",
            Harness = new(Harness),
            PollEvery = TimeSpan.FromMilliseconds(200),
            FirstPause = TimeSpan.FromMilliseconds(20),
            Transport = new HttpClientTransport(account.CreateHandler()),
        },
        new FixedCredential(account.Token),
        Get<ITrialAccess>(services),
        Get<ISegmentEvents>(services));

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

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
