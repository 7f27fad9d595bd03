using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>A process that runs segments, and the way to talk with it.</summary>
/// <param name="place">Where it runs.</param>
/// <param name="scripts">The scripts folder it serves.</param>
internal abstract class TrialWorker(IWorkerPlace place, string? scripts) : IAsyncDisposable
{
    /// <summary>Where it runs.</summary>
    public IWorkerPlace Place { get; } = place;

    /// <summary>The scripts folder it serves.</summary>
    public string? Scripts { get; } = scripts;

    /// <summary>Runs begun so far.</summary>
    public long Runs { get; private set; }

    public abstract bool HasExited { get; }

    /// <summary>What it runs already, because a host before this one began it; null for nothing.</summary>
    public virtual SegmentUnderWay? UnderWay => null;

    /// <summary>Whether time limits are kept where it runs, with or without a host.</summary>
    public virtual bool KeepsTime => false;

    /// <summary>Says whether all that was read is dealt with: the step of the newest checkpoint that is known if so, else null.</summary>
    public Func<long?>? Settled { get; set; }

    /// <summary>Numbers the next run.</summary>
    public long NextRun() => ++Runs;

    /// <summary>Notes what is about to be sent, where it may outlive this host.</summary>
    public virtual void Remember(SegmentUnderWay underWay)
    {
        // Most workers die with their host.
    }

    /// <summary>The outcome of what it ran is known: no host after this one is to look for it.</summary>
    public virtual void Conclude()
    {
        // Most workers die with their host.
    }

    /// <summary>Sends a line after those sent before. Faults where the worker is gone.</summary>
    public abstract Task WriteAsync(ReadOnlyMemory<byte> line);

    /// <summary>The next message; null when the worker is gone.</summary>
    /// <exception cref="WorkerProtocolException">It is no message.</exception>
    public abstract ValueTask<WorkerEvent?> ReadAsync();

    /// <summary>Lets the worker kill what it runs, and itself, as if the host had died. Idle, it leaves.</summary>
    public abstract void HangUp();

    /// <summary>Kills the worker and what it started in its group, at once.</summary>
    public abstract void Kill();

    /// <summary>Waits for the end of a worker that was killed or died, and says how it ended.</summary>
    public abstract Task<WorkerExit> ExitAsync();

    /// <summary>Why a worker that died is gone without fault of its program; null where that cannot be said.</summary>
    public abstract Task<string?> WhyLostAsync(WorkerExit exit);

    /// <summary>Which limit a worker was ended for where it runs; null for none.</summary>
    public virtual string? LimitExceeded => null;

    /// <summary>Lets an idle worker leave; kills it if it does not.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>The error of a worker that ended before it was ready.</summary>
    protected Exception EndedAtOnce(WorkerExit exit, string? words) => Place.WhyLost(exit, words) is { } lost
        ? new UnavailableException("the machine of the trial", lost)
        : new WorkerStartException($"{Place.Interpreter} ended at once ({exit}{(words is null ? string.Empty : $": {words}")})", Place.Advice);
}
