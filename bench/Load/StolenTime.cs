using System.Diagnostics;
using System.Globalization;

namespace HpoServerless.Bench.Load;

/// <summary>How much of the processors' time other virtual machines of the same host took, second by second: what a measurement meets and cannot help.</summary>
/// <remarks>Linux tells it in <c>/proc/stat</c>; elsewhere nothing is known to be taken.</remarks>
internal sealed class StolenTime : IAsyncDisposable
{
    private const string Source = "/proc/stat";
    private const int Stolen = 7; // after user, nice, system, idle, iowait, irq and softirq
    private const int Counters = 8; // what follows is counted in these already

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<(double From, double Share)> _seconds = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sampling;

    public StolenTime() => _sampling = File.Exists(Source) ? SampleAsync() : Task.CompletedTask;

    /// <summary>Mean share over all seconds, 0 to 1.</summary>
    public double Mean
    {
        get
        {
            lock (_seconds)
            {
                return _seconds.Select(static second => second.Share).DefaultIfEmpty(0).Average();
            }
        }
    }

    /// <summary>Whether less than a share was taken both in the second of a time and in the one before it.</summary>
    /// <param name="timestamp">The time, as of <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="share">The share, 0 to 1.</param>
    public bool IsBelow(long timestamp, double share)
    {
        double at = Stopwatch.GetElapsedTime(_began, timestamp).TotalSeconds;
        lock (_seconds)
        {
            int index = _seconds.BinarySearch((at, 2), Comparer<(double From, double Share)>.Default);
            index = index < 0 ? ~index - 1 : index; // the last second that began before
            return Enumerable.Range(index - 1, 2).All(second => second < 0 || _seconds[second].Share < share);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _sampling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private static long[] Read() =>
        [.. File.ReadLines(Source).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(Counters).Select(static number => long.Parse(number, CultureInfo.InvariantCulture))];

    private async Task SampleAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        double from = 0;
        for (long[] before = Read(); await timer.WaitForNextTickAsync(_end.Token);)
        {
            long[] now = Read();
            lock (_seconds)
            {
                _seconds.Add((from, (now[Stolen] - before[Stolen]) / Math.Max(1.0, now.Sum() - before.Sum())));
            }

            (before, from) = (now, Stopwatch.GetElapsedTime(_began).TotalSeconds);
        }
    }
}
