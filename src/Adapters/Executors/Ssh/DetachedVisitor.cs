using System.Globalization;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Visits a kept worker now and then, until it has ended: brings what is said to it, and fetches what it said.</summary>
/// <param name="place">Where it runs.</param>
/// <param name="folder">Its folder there.</param>
/// <param name="options">The site's.</param>
/// <param name="settled">Says whether all that was read is dealt with: the step of the newest checkpoint that is known if so, else null.</param>
/// <param name="leaving">Ends the visits, and leaves it alone.</param>
internal sealed class DetachedVisitor(DetachedPlace place, DetachedFolder folder, SshOptions options, Func<long?> settled, CancellationToken leaving) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource<WorkerExit> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _visiting = Task.CompletedTask;
    private volatile bool _killed;

    /// <summary>What is said to it.</summary>
    public DetachedInbox Inbox { get; } = new();

    /// <summary>What it said.</summary>
    public DetachedOutbox Outbox { get; } = new();

    /// <summary>The time limit of what it runs.</summary>
    public TimeSpan? TimeLimit { get; set; }

    /// <summary>How it ended.</summary>
    public Task<WorkerExit> Exit => _over.Task;

    /// <summary>Why it is gone without fault of its program; null where that cannot be said.</summary>
    public string? Lost { get; private set; }

    /// <summary>Which limit it was ended for; null for none.</summary>
    public string? Limit { get; private set; }

    /// <summary>What it said last outside of its messages; null for nothing.</summary>
    public string? Words { get; private set; }

    /// <summary>Begins.</summary>
    public void Begin() => _visiting = Task.Run(VisitAsync, CancellationToken.None);

    /// <summary>Has it killed at once.</summary>
    public void Kill()
    {
        _killed = true;
        Inbox.Wake();
    }

    /// <summary>Waits until the last visit is over.</summary>
    public Task EndAsync() => _visiting;

    public void Dispose() => Inbox.Dispose();

    private async Task VisitAsync()
    {
        WorkerExit exit = new(SshClient.BrokenCode);
        try
        {
            exit = await VisitUntilOverAsync();
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // It goes on without this host, or nobody wants it.
        }
        catch (Exception error)
        {
            Lost = $"the host could not follow it: {error.Message}";
        }

        _over.TrySetResult(exit);
        Inbox.Refuse();
        Outbox.End();
    }

    private async Task<WorkerExit> VisitUntilOverAsync()
    {
        TimeSpan pause = FirstPause;
        int failures = 0;
        while (true)
        {
            if (failures > 0)
            {
                await Task.Delay(options.WaitAfter(failures), leaving);
            }

            for (TimeSpan wait = failures > 0 ? TimeSpan.Zero : pause; await Inbox.WaitAsync(wait, leaving); wait = TimeSpan.Zero)
            {
                pause = FirstPause; // something is to be said
            }

            try
            {
                VisitAnswer answer = await folder.VisitAsync(Ask, Inbox.Take(), leaving);
                failures = 0;
                Inbox.Bring();
                if (Hear(answer) is { } exit)
                {
                    return exit;
                }

                pause = Next(pause, answer);
            }
            catch (UnavailableException error)
            {
                if (++failures >= options.MaxRetries)
                {
                    Lost = $"{place.Machine.Name} could not be reached {failures} times in a row: {error.Message}";
                    return new(SshClient.BrokenCode);
                }
            }
        }
    }

    private VisitRequest Ask(VisitRequest request)
    {
        long handled = Outbox.SettledAt;
        return request with
        {
            InboxAt = Inbox.At,
            OutboxAt = Outbox.At,
            OutboxMax = Outbox.Room,
            Taken = settled() is { } step ? new VisitTaken(handled, step) : null,
            Kill = _killed,
        };
    }

    /// <summary>Takes in what was found.</summary>
    /// <returns>How it ended; null where it did not.</returns>
    private WorkerExit? Hear(VisitAnswer answer)
    {
        if (answer.Missing)
        {
            Lost = $"its folder on {place.Machine.Name} is gone";
            return new(SshClient.BrokenCode);
        }

        Outbox.Add(answer.Said, answer.More);
        if (answer.Kept || answer.More)
        {
            return null;
        }

        Words = answer.Words is { Length: > 0 } words ? words : null;
        if (answer.State is not { } state)
        {
            Lost = $"it was killed from outside on {place.Machine.Name}, with the process that keeps it, or the machine was started anew";
            return new(SshClient.BrokenCode);
        }

        (Lost, Limit) = state.Why switch
        {
            "timeout" => (null, string.Create(CultureInfo.InvariantCulture, $"async_timeout of {options.AsyncTimeout?.TotalSeconds:0.###} s exceeded")),
            "time_limit" => (null, string.Create(
                CultureInfo.InvariantCulture, $"time limit of {TimeLimit?.TotalSeconds:0.###} s exceeded")),
            "killed" or null => (Lost, null),
            { } why => ($"{place.Machine.Name} ended it ({why})", (string?)null),
        };
        return new(state.Code);
    }

    private TimeSpan Next(TimeSpan pause, VisitAnswer answer)
    {
        if ((answer.More && Outbox.Room > 0) || answer.MoreLog)
        {
            return TimeSpan.Zero;
        }

        TimeSpan longer = pause < FirstPause ? FirstPause : pause * 1.5;
        TimeSpan most = _killed && options.AsyncReconnect > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : options.AsyncReconnect;
        return longer < most ? longer : most;
    }
}
