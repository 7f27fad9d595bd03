using HpoServerless.Contracts.Time;
using HpoServerless.LocalHost.Timers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class TimerListenerTests
{
    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<TimerInfo> _runs = [];

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 3)]
    public async Task Runs_by_its_schedule_and_at_the_start_where_asked(bool onStartup, int runs)
    {
        using CancellationTokenSource stop = new();
        Task listening = Listen(onStartup, _ => Task.CompletedTask, stop.Token);

        for (int minute = 0; minute < 15; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await stop.CancelAsync();
        await listening;
        Assert.Equal(runs, _runs.Count);
        Assert.Equal(new DateTime(2026, 1, 2, 3, 15, 0, DateTimeKind.Utc), _runs[^1].ScheduleStatus!.Last.AddMinutes(5));
    }

    [Fact]
    public async Task Run_that_fails_does_not_end_the_timer()
    {
        using CancellationTokenSource stop = new();
        Task listening = Listen(onStartup: true, _ => throw new InvalidOperationException("broken"), stop.Token);

        _clock.Advance(TimeSpan.FromMinutes(6));
        _clock.Advance(TimeSpan.FromMinutes(5));

        await stop.CancelAsync();
        await listening;
        Assert.Equal(4, _runs.Count); // at the start, 03:05, 03:10 and 03:15
    }

    [Fact]
    public async Task Runs_do_not_overlap()
    {
        using CancellationTokenSource stop = new();
        TaskCompletionSource slow = new();
        Task listening = Listen(onStartup: true, _ => slow.Task, stop.Token);

        _clock.Advance(TimeSpan.FromMinutes(30));
        int during = _runs.Count;
        await stop.CancelAsync();
        slow.SetResult();
        await listening;

        Assert.Equal(1, during);
    }

    private Task Listen(bool onStartup, Func<TimerInfo, Task> run, CancellationToken stopping)
    {
        SynchronizationContext.SetSynchronizationContext(null); // so that moving the clock runs what is due before it returns
        TimerListener listener = new(
            "timer",
            new TimerTriggerAttribute("0 */5 * * * *") { RunOnStartup = onStartup },
            (timer, _) =>
            {
                _runs.Add(timer);
                return run(timer);
            },
            _clock,
            NullLogger<TimerListener>.Instance);
        return listener.RunAsync(stopping, CancellationToken.None);
    }
}
