namespace HpoServerless.Contracts.Time;

/// <summary>A clock that stands until it is advanced, so that tests of timers neither sleep nor race.</summary>
/// <remarks>Timers fire on the thread that advances, in the order they are due, each seeing the time it is due at. One added meanwhile fires too if it falls due.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>Where the clock starts unless told otherwise.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<(ManualTimer Timer, int Version), (DateTimeOffset Due, long Number)> _due = new();
    private readonly DateTimeOffset _start;
    private DateTimeOffset _now;
    private long _armed;

    public ManualTimeProvider(DateTimeOffset? start = null) => _now = _start = start ?? DefaultStart;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => (GetUtcNow() - _start).Ticks;

    /// <summary>Moves the clock on and fires what falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset end = GetUtcNow() + by;
        while (NextDue(end) is { } timer)
        {
            timer.Fire(); // outside the lock: callbacks take locks of their own
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? NextDue(DateTimeOffset end)
    {
        lock (_gate)
        {
            while (_due.TryPeek(out (ManualTimer Timer, int Version) next, out (DateTimeOffset Due, long Number) when) && when.Due <= end)
            {
                _due.Dequeue();
                if (next.Timer.Version == next.Version)
                {
                    _now = when.Due > _now ? when.Due : _now;
                    Arm(next.Timer, next.Timer.Period);
                    return next.Timer;
                }
            }

            _now = end > _now ? end : _now;
            return null;
        }
    }

    /// <summary>Call with the gate held.</summary>
    private void Arm(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Version++;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _due.Enqueue((timer, timer.Version), (_now + dueTime, _armed++));
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        /// <summary>Counts changes: an entry of an older version is void.</summary>
        public int Version { get; set; }

        public TimeSpan Period { get; private set; } = Timeout.InfiniteTimeSpan;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                Period = period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : period;
                clock.Arm(this, dueTime);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                Version++;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
