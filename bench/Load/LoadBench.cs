using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
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
    private const int ReportsATrial = 50;
    private const int MostInFlight = 2000;
    private const double Little = 0.05;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

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
        using Load load = new(client, slots * experiments);
        Task reading = load.ReadAsync(server.StandardOutput);
        await load.UntilAsync(slots * experiments);
        Console.Error.WriteLine($"{experiments} experiments run {slots * experiments} trials; {rate} reports a second from now on");
        await load.PostAsync(rate, TimeSpan.FromSeconds(LoadServer.Rounds * ReportsATrial * slots * experiments / (double)rate));
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

    private static double At99(double[] sorted) => sorted.Length == 0 ? double.NaN : sorted[sorted.Length * 99L / 100];

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

    /// <summary>One running trial.</summary>
    private sealed record Running(string Path, int Segment, string Token)
    {
        public int Step { get; set; }
    }

    private sealed class Load(HttpClient client, int together) : IDisposable
    {
        private readonly ConcurrentQueue<Running> _idle = new();
        private readonly ConcurrentQueue<(long Due, double Time)> _times = new();
        private readonly SemaphoreSlim _inFlight = new(MostInFlight);
        private readonly ConcurrentQueue<string> _memory = new();
        private readonly SemaphoreSlim _memoryCame = new(0);
        private int _started;

        public int Refused;
        public int Ended;
        public int Finished;

        public int Taken => Math.Max(1, _times.Count);

        public void Dispose()
        {
            _inFlight.Dispose();
            _memoryCame.Dispose();
        }

        public async Task ReadAsync(StreamReader lines)
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                if (words[0] == "memory")
                {
                    _memory.Enqueue(line);
                    _memoryCame.Release();
                }
                else if (words[0] == "finish")
                {
                    Interlocked.Increment(ref Finished);
                }
                else
                {
                    int experiment = int.Parse(words[1].AsSpan(LoadServer.Prefix.Length), CultureInfo.InvariantCulture);
                    _idle.Enqueue(new($"api/experiments/{words[1]}/trials/{words[2]}/", int.Parse(words[3], CultureInfo.InvariantCulture), words[4])
                    {
                        Step = Interlocked.Increment(ref _started) <= together ? experiment * 7 % ReportsATrial : 0, // experiments that began together are not all at the same point
                    });
                }
            }
        }

        public async Task UntilAsync(int started)
        {
            for (int waited = 0; Volatile.Read(ref _started) < started; waited++)
            {
                await Task.Delay(100);
                if (waited > 3000)
                {
                    throw new InvalidOperationException($"only {_started} of {started} trials started within five minutes");
                }
            }
        }

        /// <summary>Posts at fixed times, and waits for the last answers.</summary>
        public async Task PostAsync(int rate, TimeSpan time)
        {
            long began = Stopwatch.GetTimestamp();
            long posts = (long)(rate * time.TotalSeconds);
            for (long number = 0; number < posts; number++)
            {
                long due = began + (long)(number * (double)Stopwatch.Frequency / rate);
                if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : early);
                }

                await _inFlight.WaitAsync();
                if (_idle.TryDequeue(out Running? trial))
                {
                    _ = PostAsync(trial, due);
                }
                else
                {
                    _inFlight.Release();
                    Interlocked.Increment(ref Refused);
                }
            }

            for (int free = 0; free < MostInFlight; free++)
            {
                await _inFlight.WaitAsync();
            }

            _inFlight.Release(MostInFlight);
        }

        public async Task<(double Heap, double Resident, double Cpu)> MemoryAsync(Process server)
        {
            await server.StandardInput.WriteLineAsync();
            await server.StandardInput.FlushAsync();
            if (!await _memoryCame.WaitAsync(AnswerLimit))
            {
                throw new InvalidOperationException($"the server did not say within {AnswerLimit.TotalSeconds:0} s what memory it uses");
            }

            _memory.TryDequeue(out string? line);
            string[] words = line!.Split(' ');
            return (double.Parse(words[1], CultureInfo.InvariantCulture) / 1048576, double.Parse(words[2], CultureInfo.InvariantCulture) / 1048576, double.Parse(words[3], CultureInfo.InvariantCulture));
        }

        public void Forget()
        {
            _times.Clear();
            Refused = Ended = Finished = 0;
        }

        /// <summary>Times in milliseconds, ascending: of all reports, or of those whose due time is wanted.</summary>
        public double[] Sorted(Func<long, bool>? wanted = null) => [.. _times.Where(one => wanted?.Invoke(one.Due) ?? true).Select(static one => one.Time).Order()];

        public string Describe()
        {
            double[] sorted = Sorted();
            return string.Create(CultureInfo.InvariantCulture, $"{sorted.Length} reports, median {sorted[sorted.Length / 2]:0.0} ms, 99 % {At99(sorted):0.0} ms, {Ended} trials and {Finished} experiments ended, {Refused} not taken");
        }

        private async Task PostAsync(Running trial, long due)
        {
            try
            {
                trial.Step++;
                string? answer = await SendAsync(HttpMethod.Post, trial, "reports", string.Create(
                    CultureInfo.InvariantCulture, $$$"""{"segment":{{{trial.Segment}}},"reports":[{"step":{{{trial.Step}}},"metrics":{"loss":{{{1.0 / trial.Step}}}}}]}"""));
                bool isWanted = answer?.Contains("stop", StringComparison.Ordinal) != true;
                if (answer is not null)
                {
                    _times.Enqueue((due, Stopwatch.GetElapsedTime(due).TotalMilliseconds));
                }
                else
                {
                    Interlocked.Increment(ref Refused);
                }

                if (trial.Step < ReportsATrial && isWanted)
                {
                    _idle.Enqueue(trial);
                }
                else if (await SendAsync(HttpMethod.Put, trial, "outcome", $$$"""{"segment":{{{trial.Segment}}},"status":"{{{(isWanted ? "completed" : "stopped")}}}","attempt":0,"duration_s":1}""") is not null)
                {
                    Interlocked.Increment(ref Ended);
                }
            }
            finally
            {
                _inFlight.Release();
            }
        }

        /// <returns>The answer; null where it was refused, or did not come.</returns>
        private async Task<string?> SendAsync(HttpMethod method, Running trial, string what, string body)
        {
            using HttpRequestMessage request = new(method, trial.Path + what) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("x-hpo-token", trial.Token);
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request);
                string answer = await response.Content.ReadAsStringAsync();
                if (!response.IsSuccessStatusCode)
                {
                    Console.Error.WriteLine($"{what}: {(int)response.StatusCode} {answer}");
                    return null;
                }

                return answer;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                Console.Error.WriteLine($"{what}: {error.Message}");
                return null;
            }
        }
    }
}
