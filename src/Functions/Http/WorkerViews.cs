using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Http;

/// <summary>Answer to a worker that registered.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Site">Site that it works for.</param>
/// <param name="HeartbeatS">How often it says that it is there.</param>
/// <param name="TimeoutS">After how many seconds without a word it loses what it leased.</param>
/// <param name="PollS">How often it asks whether a segment is to end.</param>
public sealed record RegisteredView(string Worker, string Site, double HeartbeatS, double TimeoutS, double PollS)
{
    /// <summary>How a board answers.</summary>
    public static RegisteredView Of(WorkerRecord worker, WorkersOptions options) => new(
        worker.Id, options.Site, options.HeartbeatTimeout.TotalSeconds / 3, options.HeartbeatTimeout.TotalSeconds, options.PollEvery.TotalSeconds);
}

/// <summary>Answer to a heartbeat.</summary>
/// <param name="Gone">Leases that are over.</param>
/// <param name="Draining">Whether the worker is to end when it has ended what it runs.</param>
public sealed record HeartbeatView(ImmutableArray<string> Gone, bool Draining);

/// <summary>Answer to a request for segments.</summary>
/// <param name="Leases">What was leased; may be none.</param>
/// <param name="Draining">Whether the worker is to end when it has ended what it runs.</param>
/// <param name="Ended">Whether the only experiment that it works for has ended.</param>
public sealed record LeasesView(ImmutableArray<LeaseView> Leases, bool Draining, bool Ended);

/// <summary>One segment for a worker.</summary>
/// <param name="Lease">Is shown with every request about the segment, in the header <c>x-hpo-lease</c>.</param>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Attempt">How often it was started before.</param>
/// <param name="Fresh">Whether the trial was never begun before.</param>
/// <param name="Token">The trial's token.</param>
public sealed record LeaseView(string Lease, string Experiment, int Trial, int Segment, int Attempt, bool Fresh, string Token)
{
    /// <summary>A leased segment as the API says it.</summary>
    public static LeaseView Of(BoardSegment leased, ITrialAccess access) => new(
        leased.Lease!,
        leased.Segment.Experiment,
        leased.Segment.Trial,
        leased.Segment.Segment,
        leased.Attempt,
        leased is { Attempt: 0, Leases: <= 1, Segment.Segment: 0 },
        access.TokenOf(leased.Segment.Experiment, leased.Segment.Trial));

    /// <summary>Says which segment it is, not the token.</summary>
    public override string ToString() => $"{Experiment}_t{Trial}_s{Segment}";
}

/// <summary>A worker as the API shows it.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Site">Site that it works for.</param>
/// <param name="State">idle, busy, draining, lost; asking for a program or person that asked for one trial.</param>
/// <param name="Slots">How many segments it runs at the same time.</param>
/// <param name="LastSeen">When it was last heard of.</param>
public sealed record WorkerView(string Worker, string Site, string State, int Slots, DateTimeOffset LastSeen)
{
    /// <summary>Name of whoever registered it; null for those who ask for one trial.</summary>
    public string? Owner { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The machine that it runs on.</summary>
    public required string Host { get; init; }

    /// <summary>Its process there; 0 where that is not known.</summary>
    public required int Pid { get; init; }

    /// <summary>The only experiment that it works for; null for all.</summary>
    public string? Experiment { get; init; }

    /// <summary>What people want to know about it.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>When it registered.</summary>
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>What it runs.</summary>
    public ImmutableArray<RunningView> Running { get; init; } = [];

    /// <summary>A worker as the API says it.</summary>
    public static WorkerView Of(string site, WorkerStatus status)
    {
        WorkerRecord worker = status.Worker;
        string state = !status.IsAlive ? "lost"
            : worker.Asks ? "asking"
            : worker.IsDraining ? "draining"
            : status.Running.IsEmpty ? "idle"
            : "busy";
        return new(worker.Id, site, state, worker.Slots, worker.LastSeen)
        {
            Owner = worker.Owner?.Name,
            Name = worker.Name,
            Host = worker.Host,
            Pid = worker.Pid,
            Experiment = worker.Experiment,
            Labels = worker.Labels,
            RegisteredAt = worker.RegisteredAt,
            Running = [.. status.Running.Select(leased => new RunningView(leased.Segment.Experiment, leased.Segment.Trial, leased.Segment.Segment, leased.LeasedAt))],
        };
    }
}

/// <summary>A segment that a worker runs.</summary>
/// <param name="Experiment">Id of the experiment.</param>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Since">When it was leased.</param>
public sealed record RunningView(string Experiment, int Trial, int Segment, DateTimeOffset Since);
