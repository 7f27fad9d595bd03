using HpoServerless.Contracts.Time;

namespace HpoServerless.LocalHost.Tests.Durable;

/// <summary>The clock that the tests of timers trust.</summary>
public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<(string Timer, double Second)> _fired = [];

    [Fact]
    public void Advance_fires_in_order_at_the_time_due()
    {
        using ITimer late = Add("late", 3);
        using ITimer early = Add("early", 1);
        using ITimer never = Add("never", 9);

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([("early", 1), ("late", 3)], _fired);
        Assert.Equal(5, Second);
    }

    [Fact]
    public void Advance_repeats_periodic_timers_until_they_are_disposed()
    {
        ITimer timer = Add("tick", 1, period: 2);
        _clock.Advance(TimeSpan.FromSeconds(4));
        timer.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal([("tick", 1), ("tick", 3)], _fired);
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public void Change_replaces_the_time_due()
    {
        using ITimer timer = Add("t", 1);
        timer.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal([("t", 3)], _fired);
    }

    [Fact]
    public void Advance_fires_timers_that_callbacks_add()
    {
        using ITimer first = _clock.CreateTimer(_ => Add("second", 1), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal([("second", 2)], _fired);
    }

    [Fact]
    public async Task Task_Delay_follows_the_clock()
    {
        Task delay = Task.Delay(TimeSpan.FromHours(1), _clock);
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await delay;
        Assert.Equal(TimeSpan.FromHours(1), _clock.GetElapsedTime(0));
    }

    private double Second => (_clock.GetUtcNow() - ManualTimeProvider.DefaultStart).TotalSeconds;

    private ITimer Add(string name, double due, double? period = null) => _clock.CreateTimer(
        _ => _fired.Add((name, Second)),
        state: null,
        TimeSpan.FromSeconds(due),
        period is { } p ? TimeSpan.FromSeconds(p) : Timeout.InfiniteTimeSpan);
}
