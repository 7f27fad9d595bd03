using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Timers;

/// <summary>Runs one function by its schedule. Runs never overlap; one that fails is tried at the next time.</summary>
internal sealed partial class TimerListener(
    string name, TimerTriggerAttribute trigger, Func<TimerInfo, CancellationToken, Task> function, TimeProvider time, ILogger<TimerListener> logger)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="stopping">No run begins any more.</param>
    /// <param name="aborting">What runs has to end.</param>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        NcrontabSchedule schedule = NcrontabSchedule.Parse(trigger.Schedule);
        DateTime last = default;
        if (trigger.RunOnStartup)
        {
            last = await RunOnceAsync(schedule, last, aborting);
        }

        while (schedule.Next(time.GetUtcNow()) is { } next && await SleepUntilAsync(next, stopping))
        {
            last = await RunOnceAsync(schedule, last, aborting);
        }
    }

    private async Task<DateTime> RunOnceAsync(NcrontabSchedule schedule, DateTime last, CancellationToken aborting)
    {
        DateTimeOffset now = time.GetUtcNow();
        try
        {
            DateTime next = schedule.Next(now)?.UtcDateTime ?? default;
            await function(new() { ScheduleStatus = new() { Last = last, Next = next, LastUpdated = last } }, aborting);
        }
        catch (Exception error) when (!aborting.IsCancellationRequested)
        {
            LogFailed(error, name);
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }

        return now.UtcDateTime;
    }

    private async Task<bool> SleepUntilAsync(DateTimeOffset next, CancellationToken stopping)
    {
        try
        {
            for (TimeSpan left = next - time.GetUtcNow(); left > TimeSpan.Zero; left = next - time.GetUtcNow())
            {
                await Task.Delay(left < LongestDelay ? left : LongestDelay, time, stopping);
            }

            return !stopping.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(2011, LogLevel.Error, "The timer function {Name} failed; it runs again at its next time")]
    private partial void LogFailed(Exception error, string name);
}
