using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Bench;

/// <summary>How many segments a minute workers fetch and run by HTTP over the loopback, and how long a program waits from its lease to its first line.</summary>
internal static class WorkersBench
{
    private const int Workers = 2;
    private const int SlotsEach = 4;

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(int trials)
    {
        string folder = Directory.CreateTempSubdirectory("hpo-bench-").FullName;
        List<Process> workers = [];
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "sites.json"), """{"farm": {"type": "workers"}}""");
            using JournalStores stores = new(folder, TimeProvider.System);
            LeaseTimes leases = new(stores.All.Rows);
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(new() { DataFolder = folder, HttpPort = 0, Stores = stores.All with { Rows = leases } });
            for (int number = 0; number < Workers; number++)
            {
                workers.Add(StartWorker(host, folder));
            }

            string scripts = await EndToEndBench.PutScriptsAsync(host, "import time\ndef bench(config, reporter):\n    reporter(loss=config['f0'], began=time.time())\n");
            await MeasureAsync(host, "warm-up", trials / 10, scripts);
            double seconds = await MeasureAsync(host, "measured", trials, scripts);
            double[] waits = await WaitsAsync(host, leases, "measured");
            return
            [
                new($"workers, {trials} segments, {Workers} processes of {SlotsEach}", trials / seconds * 60, "segments/min", "at least 1000"),
                new("workers, from lease to start, median", waits[waits.Length / 2], "ms"),
                new("workers, from lease to start, 99 %", waits[waits.Length * 99 / 100], "ms", "below 200"),
                new("workers, from lease to start, longest", waits[^1], "ms"),
            ];
        }
        finally
        {
            foreach (Process worker in workers)
            {
                worker.StandardInput.Close();
                await worker.WaitForExitAsync();
                worker.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process StartWorker(EmbeddedHost host, string folder)
    {
        ProcessStartInfo start = new("python3", ["-m", "hpo_trial", "pull", "--stdin"]) { RedirectStandardInput = true, RedirectStandardError = true };
        start.Environment["PYTHONPATH"] = Path.Combine(AppContext.BaseDirectory, "python");
        Process worker = Process.Start(start)!;
        worker.ErrorDataReceived += static (_, _) => { };
        worker.BeginErrorReadLine();
        worker.StandardInput.WriteLine(JsonSerializer.Serialize(new { url = host.BaseAddress, key = host.Keys.Function, n = SlotsEach, cache = Path.Combine(folder, "cache") }));
        worker.StandardInput.Flush();
        return worker;
    }

    /// <returns>Seconds from the start of the experiment to its end.</returns>
    private static async Task<double> MeasureAsync(EmbeddedHost host, string id, int trials, string scripts)
    {
        ExperimentDefinition definition = Samples.Definition(trials, Workers * SlotsEach);
        definition = definition with { Site = "farm", Program = definition.Program with { Scripts = scripts } };
        IExperimentStore experiments = host.Services.GetRequiredService<IExperimentStore>();
        Stopwatch watch = Stopwatch.StartNew();
        await host.Services.GetRequiredService<ExperimentService>().StartAsync(host.Client, id, definition, Caller.Host, CancellationToken.None);
        while (true)
        {
            ExperimentSummary summary = (await experiments.FindAsync(id, CancellationToken.None))!.Summary;
            if (summary.IsFinal)
            {
                return summary.Trials.Completed == trials
                    ? watch.Elapsed.TotalSeconds
                    : throw new InvalidOperationException($"{summary.Trials.Completed} of {trials} trials were completed: {summary.Reason}");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Milliseconds from the lease of each segment to the first line of its program, ascending.</summary>
    private static async Task<double[]> WaitsAsync(EmbeddedHost host, LeaseTimes leases, string id)
    {
        List<double> waits = [];
        string? continuation = null;
        do
        {
            Page<Trial> page = await host.Services.GetRequiredService<ITrialStore>().ListAsync(id, new(Continuation: continuation), CancellationToken.None);
            waits.AddRange(page.Items.Select(trial =>
                trial.Reports[^1].Metrics["began"]!.Value * 1000 - leases.Of(new(id, trial.Number, 0)).ToUnixTimeMilliseconds()));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return [.. waits.Order()];
    }

    /// <summary>Remembers when segments were leased.</summary>
    private sealed class LeaseTimes(IRowStore inner) : IRowStore
    {
        private readonly ConcurrentDictionary<SegmentId, DateTimeOffset> _leased = new();

        public DateTimeOffset Of(SegmentId segment) => _leased[segment];

        public Task<StoredRow?> FindAsync(string partition, string key, CancellationToken cancellation) => inner.FindAsync(partition, key, cancellation);

        public Task<ImmutableArray<StoredRow>> ListAsync(string partition, CancellationToken cancellation) => inner.ListAsync(partition, cancellation);

        public Task<StoredRow?> PutAsync(string partition, string key, string content, string? version, CancellationToken cancellation)
        {
            if (key.StartsWith("s-", StringComparison.Ordinal) && JsonSerializer.Deserialize<BoardSegment>(content, EngineJson.Options) is { Lease: not null } leased)
            {
                _leased.TryAdd(leased.Segment, leased.LeasedAt);
            }

            return inner.PutAsync(partition, key, content, version, cancellation);
        }

        public Task<bool> DeleteAsync(string partition, string key, string version, CancellationToken cancellation) => inner.DeleteAsync(partition, key, version, cancellation);
    }
}
