using System.Diagnostics;
using System.Globalization;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Scheduling;

namespace HpoServerless.Bench.Load;

/// <summary>How the service bears many trials that report by HTTP at once, with everything kept in storage emulators on the same machine: one for tables, one for blobs and the queue.</summary>
/// <remarks>
/// Reports are posted at fixed times, whether or not earlier ones were answered, and each time counts from when its report was due:
/// a service that stands still pays for all that should have come meanwhile. Experiments end after some trials, and others take their place;
/// the measuring begins when the first ones have, so that what is remembered is of all ages.
/// </remarks>
internal static class LoadBench
{
    public const string Usage = "load [--json] [--rate N] [--seconds N] [--experiments N] [--scheduler NAME]   (500 reports a second for 600 s from 800 trials of 200 experiments; no scheduler)";

    private const int Trials = 800;
    private const double Little = 0.05;

    public static async Task<int> RunAsync(string[] arguments)
    {
        int rate = Number(arguments, "--rate", 500);
        int seconds = Number(arguments, "--seconds", 600);
        int experiments = Number(arguments, "--experiments", 200);
        int at = Array.IndexOf(arguments, "--scheduler");
        string scheduler = at < 0 ? "none" : at + 1 < arguments.Length ? arguments[at + 1] : throw new UsageException("--scheduler needs a name");
        if (TrialSchedulerRegistry.FaultsOf(scheduler, options: null, space: null) is [{ } fault, ..])
        {
            throw new UsageException($"--scheduler {fault.Rule}, was {fault.Value}");
        }

        return Throughput.Print(await MeasureAsync(rate, seconds, experiments, scheduler), arguments.Contains("--json"));
    }

    private static async Task<IReadOnlyList<BenchResult>> MeasureAsync(int rate, int seconds, int experiments, string scheduler)
    {
        int slots = Math.Max(1, Trials / experiments);
        await using AzuriteServer tables = await AzuriteServer.StartAsync();
        await using AzuriteServer others = await AzuriteServer.StartAsync(); // every minute it collects ended messages, and does nothing else for two seconds
        using Process server = Start(experiments, slots, scheduler, AzuriteServer.ConnectionStringOf(others.Ports with { Table = tables.Ports.Table }));
        Uri address = new((await server.StandardOutput.ReadLineAsync())!.Split(' ')[1]);
        using HttpClient client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        using TrialLoad load = new(client, slots * experiments);
        Task reading = load.ReadAsync(server.StandardOutput);
        await load.UntilAsync(slots * experiments);
        Console.Error.WriteLine($"{experiments} experiments run {slots * experiments} trials; {rate} reports a second from now on");
        await load.PostAsync(rate, TimeSpan.FromSeconds(LoadServer.Rounds * TrialLoad.ReportsATrial * slots * experiments / (double)rate));
        load.Forget();
        (double heap, double resident, double cpu) = await load.MemoryAsync(server);
        double emulator = tables.ProcessorTime().TotalSeconds;
        List<double> residents = [resident];
        double heapThen = heap;
        int minutes = Math.Max(1, seconds / 60);
        await using StolenTime stolen = new();
        Stopwatch watch = Stopwatch.StartNew();
        for (int minute = 0; minute < minutes; minute++)
        {
            await load.PostAsync(rate, TimeSpan.FromSeconds(seconds / (double)minutes));
            (heapThen, resident, double cpuNow) = await load.MemoryAsync(server);
            residents.Add(resident);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"minute {minute + 1}: {load.Describe()}, resident {resident:0} MiB, heap {heapThen:0} MiB, processor time {(cpuNow - cpu) * 1000 / load.Taken:0.00} ms a report, the emulator of tables' {(tables.ProcessorTime().TotalSeconds - emulator) * 1000 / load.Taken:0.00}"));
        }

        double elapsed = watch.Elapsed.TotalSeconds;
        server.StandardInput.Close();
        await server.WaitForExitAsync();
        await reading;
        if (server.ExitCode != 0)
        {
            throw new InvalidOperationException($"the server ended with {server.ExitCode}");
        }

        double[] times = load.Sorted();
        double[] undisturbed = load.Sorted(due => stolen.IsBelow(due, Little));
        return
        [
            new($"load, {experiments} experiments, {slots * experiments} trials at once, reports taken", times.Length / elapsed, "reports/s", $"{rate}"),
            new("load, reports not taken", load.Refused, "reports", "0"),
            new("load, trials ended meanwhile", load.Ended, "trials"),
            new("load, experiments ended meanwhile", load.Finished, "experiments"),
            new("load, from due to answered, median", times[times.Length / 2], "ms"),
            new("load, from due to answered, 99 %", At99(times), "ms", "below 50"),
            new($"load, from due to answered, 99 %, where others took less than {Little:0 %} of the processors", At99(undisturbed), "ms", "below 50"),
            new("load, reports of such seconds", 100.0 * undisturbed.Length / times.Length, "%"),
            new("load, time of the processors that others took", 100 * stolen.Mean, "%"),
            new("load, from due to answered, longest", times[^1], "ms"),
            new("load, processor time of the emulator of tables", (tables.ProcessorTime().TotalSeconds - emulator) * 1000 / load.Taken, "ms a report"),
            new("load, resident memory, end by first minute", residents[^1] / residents[Math.Min(1, residents.Count - 1)], "ratio", "about 1"),
            new("load, resident memory at the end", residents[^1], "MiB"),
            new("load, live heap at the end by at the start", heapThen / heap, "ratio", "about 1"),
        ];
    }

    internal static double At99(double[] sorted) => sorted.Length == 0 ? double.NaN : sorted[sorted.Length * 99L / 100];

    private static Process Start(int experiments, int slots, string scheduler, string connection)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [typeof(LoadBench).Assembly.Location, LoadServer.Argument, $"{experiments}", $"{slots}", scheduler])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["HPO_STORAGE"] = connection;
        return Process.Start(start)!;
    }

    private static int Number(string[] arguments, string name, int byDefault)
    {
        int at = Array.IndexOf(arguments, name);
        return at < 0 ? byDefault
            : at + 1 < arguments.Length && int.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out int number) && number > 0 ? number
            : throw new UsageException($"{name} needs a whole number above 0");
    }
}
