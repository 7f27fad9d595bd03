using System.Text.Json;
using HpoServerless.Bench.Load;

namespace HpoServerless.Bench;

/// <summary>The throughput benchmarks: each in a process of its own where there are several.</summary>
internal static class Throughput
{
    public const string Usage = "[--json] [advance] [memory] [in-process] [python] [batch] [workers] [storage] [optuna]   (all of these where none is named)";

    private static readonly string[] Known = ["advance", "memory", "in-process", "python", "batch", "workers", "storage", "optuna"];

    /// <returns>The exit code of the process.</returns>
    /// <exception cref="UsageException">The arguments cannot be understood.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        string[] wanted = [.. arguments.Where(argument => argument != "--json")];
        if (wanted.Except(Known).FirstOrDefault() is { } unknown)
        {
            throw new UsageException($"unknown: {unknown}");
        }

        IReadOnlyList<BenchResult> results = wanted is [string only] ? await MeasureAsync(only) : await MeasureAsync(wanted.Length == 0 ? Known : wanted);
        return Print(results, arguments.Contains("--json"));
    }

    /// <returns>The exit code of the process.</returns>
    public static int Print(IReadOnlyList<BenchResult> results, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
        }
        else
        {
            Print(results);
        }

        return 0;
    }

    private static async Task<IReadOnlyList<BenchResult>> MeasureAsync(string name) => name switch
    {
        "advance" => AdvanceBench.Run(),
        "memory" => MemoryBench.Run(),
        "in-process" => await EndToEndBench.InProcessAsync(10_000),
        "python" => await EndToEndBench.PythonAsync(10_000),
        "batch" => await BatchBench.RunAsync(10_000),
        "storage" => await StorageBench.RunAsync(200),
        "workers" => await WorkersBench.RunAsync(2_000),
        _ => await OptunaBench.RunAsync(),
    };

    private static async Task<IReadOnlyList<BenchResult>> MeasureAsync(string[] names)
    {
        List<BenchResult> results = [];
        foreach (string name in names)
        {
            Console.Error.WriteLine($"measuring {name} ...");
            results.AddRange(await OwnProcess.RunAsync<BenchResult[]>(name));
        }

        return results;
    }

    private static void Print(IReadOnlyList<BenchResult> results)
    {
        double? peer = results.FirstOrDefault(r => r.Name.StartsWith("Optuna", StringComparison.Ordinal))?.Value;
        Console.WriteLine($"{"what",-54} {"figure",12} {"unit",-26} {"to Optuna",10}  target");
        foreach (BenchResult result in results)
        {
            string ratio = result.Unit == "trials/s" && peer is { } p ? $"{result.Value / p:0.0}x" : string.Empty;
            Console.WriteLine($"{result.Name,-54} {result.Value,12:0.####} {result.Unit,-26} {ratio,10}  {result.Target}");
        }
    }
}
