namespace HpoServerless.LocalHost.Durable;

/// <summary>Calls back once, when the clock has reached a moment: never before it, however far it lies ahead.</summary>
internal sealed class DurableTimer : IDisposable
{
    /// <summary>Timers of the system go up to 49 days.</summary>
    private static readonly TimeSpan LongestStretch = TimeSpan.FromDays(40);

    private readonly TimeProvider _time;
    private readonly DateTime _dueUtc;
    private readonly Action _onDue;
    private readonly ITimer _timer;

    public DurableTimer(TimeProvider time, DateTime dueUtc, Action onDue)
    {
        _time = time;
        _dueUtc = dueUtc;
        _onDue = onDue;
        _timer = time.CreateTimer(static state => ((DurableTimer)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm(dueUtc - time.GetUtcNow().UtcDateTime);
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        TimeSpan remaining = _dueUtc - _time.GetUtcNow().UtcDateTime;
        if (remaining > TimeSpan.Zero)
        {
            Arm(remaining);
        }
        else
        {
            _onDue();
        }
    }

    /// <summary>Rounds up to milliseconds, as timers round down.</summary>
    private void Arm(TimeSpan remaining) => _timer.Change(
        remaining <= TimeSpan.Zero ? TimeSpan.Zero
        : remaining > LongestStretch ? LongestStretch
        : TimeSpan.FromMilliseconds(Math.Ceiling(remaining.TotalMilliseconds)),
        Timeout.InfiniteTimeSpan);
}
