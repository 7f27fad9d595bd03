using System.Collections.Immutable;
using System.Diagnostics;
using HpoServerless.Adapters.Artifacts;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Bench;

/// <summary>Trials a second from the start of an experiment to its end, through the embedded host, the durable runtime and the journal with fsync.</summary>
internal static class EndToEndBench
{
    private const int Slots = 8;

    /// <summary>A no-op objective in this process: all time is the system's own.</summary>
    public static async Task<IReadOnlyList<BenchResult>> InProcessAsync(int trials) =>
        await RunAsync("in process", trials, s => [new NoOpExecutor(s.GetRequiredService<ISegmentEvents>())], "at least 2000");

    /// <summary>A one-report objective in warm Python workers.</summary>
    public static async Task<IReadOnlyList<BenchResult>> PythonAsync(int trials) =>
        await RunAsync("8 warm Python workers", trials, executors: null, "at least 500");

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(
        string name, int trials, Func<IServiceProvider, ImmutableArray<ITrialExecutor>>? executors, string target)
    {
        string folder = Directory.CreateTempSubdirectory("hpo-bench-").FullName;
        try
        {
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(new() { DataFolder = folder, Executors = executors });
            await MeasureAsync(host, "warm-up", Math.Min(500, trials / 4), executors is null);
            GC.Collect();
            (double rate, double firstHalf, double secondHalf) = await MeasureAsync(host, "measured", trials, executors is null);
            double live = GC.GetTotalMemory(forceFullCollection: true) / 1048576.0;
            using Process self = Process.GetCurrentProcess();
            return
            [
                new($"{name}, {trials} trials", rate, "trials/s", target),
                new($"{name}, second half by first half", secondHalf / firstHalf, "ratio of rates", "about 1"),
                new($"{name}, live heap at the end", live, "MiB"),
                new($"{name}, peak memory", self.PeakWorkingSet64 / 1048576.0, "MiB", "below 150 at 10000 trials"),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Rate, double FirstHalf, double SecondHalf)> MeasureAsync(EmbeddedHost host, string id, int trials, bool python)
    {
        ExperimentDefinition definition = Samples.Definition(trials, Slots);
        if (python)
        {
            definition = definition with { Program = definition.Program with { Scripts = await PutScriptsAsync(host, "def bench(config, reporter):\n    reporter(loss=config['f0'])\n") } };
        }

        IExperimentStore experiments = host.Services.GetRequiredService<IExperimentStore>();
        Stopwatch watch = Stopwatch.StartNew();
        await host.Services.GetRequiredService<ExperimentService>().StartAsync(host.Client, id, definition, Caller.Host, CancellationToken.None);
        double half = 0;
        while (true)
        {
            ExperimentSummary summary = (await experiments.FindAsync(id, CancellationToken.None))!.Summary;
            half = half == 0 && summary.Trials.Ended >= trials / 2 ? watch.Elapsed.TotalSeconds : half;
            if (summary.IsFinal)
            {
                double all = watch.Elapsed.TotalSeconds;
                return summary.Trials.Completed == trials
                    ? (trials / all, trials / 2.0 / half, trials / 2.0 / (all - half))
                    : throw new InvalidOperationException($"{summary.Trials.Completed} of {trials} trials were completed: {summary.Reason}");
            }

            await Task.Delay(5);
        }
    }

    /// <summary>Stores a script that the measured trials run.</summary>
    /// <returns>Name of the archive.</returns>
    public static async Task<string> PutScriptsAsync(EmbeddedHost host, string script)
    {
        string folder = Directory.CreateTempSubdirectory("hpo-bench-scripts-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "bench.py"), script);
            byte[] archive = ScriptArchive.Pack(folder);
            string name = ScriptArchive.NameOf(archive);
            await host.Services.GetRequiredService<IArtifactStore>().PutAsync(name, archive, CancellationToken.None);
            return name;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
