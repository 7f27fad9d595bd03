using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace HpoServerless.Bench.Load;

/// <summary>The trials of the load: what is started they take up, and report by HTTP.</summary>
/// <param name="client">Reaches the service.</param>
/// <param name="together">How many trials run at once.</param>
internal sealed class TrialLoad(HttpClient client, int together) : IDisposable
{
    /// <summary>How many reports a trial sends before it ends.</summary>
    public const int ReportsATrial = 50;

    private const int MostInFlight = 2000;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

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
        return string.Create(CultureInfo.InvariantCulture, $"{sorted.Length} reports, median {sorted[sorted.Length / 2]:0.0} ms, 99 % {LoadBench.At99(sorted):0.0} ms, {Ended} trials and {Finished} experiments ended, {Refused} not taken");
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

    /// <summary>One running trial.</summary>
    private sealed record Running(string Path, int Segment, string Token)
    {
        public int Step { get; set; }
    }
}
