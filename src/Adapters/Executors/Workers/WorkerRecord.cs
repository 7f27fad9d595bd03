using System.Collections.Immutable;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>Who registered for a site.</summary>
/// <param name="Id">Chosen by the worker, and never used again by another one; 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>.</param>
/// <param name="Slots">How many segments it runs at the same time.</param>
public sealed record WorkerRecord(string Id, int Slots)
{
    /// <summary>The rule for ids, as the end of a sentence that begins with one.</summary>
    public const string IdRule = "must be 1 to 100 of the characters A-Z a-z 0-9 . _ -";

    /// <summary>Begins the ids of those who ask for one trial; no worker chooses such an id.</summary>
    public const string AskerPrefix = "ask-";

    private const int LongestId = 100;

    /// <summary>Whether an id keeps the rule.</summary>
    public static bool IsId(string id) => id.Length <= LongestId && RowRules.IsKey(id);

    /// <summary>Who registered it, and alone speaks for it; null for the host itself, and where it has no users.</summary>
    public Owner? Owner { get; init; }

    /// <summary>What people call it.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The machine that it runs on.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>Its process there; 0 where that is not known.</summary>
    public int Pid { get; init; }

    /// <summary>The only experiment that it works for; null for all.</summary>
    public string? Experiment { get; init; }

    /// <summary>What people want to know about it.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>Whether it is no worker, but a program or person that asked for one trial.</summary>
    public bool Asks { get; init; }

    /// <summary>The newest request of those that ask under this id; null for a worker.</summary>
    public string? Request { get; init; }

    /// <summary>When it registered.</summary>
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>When it counts as lost unless it is heard of before.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether it takes nothing new.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Whether it works for an experiment.</summary>
    public bool MayRun(string experiment) => Experiment is null || Experiment == experiment;

    /// <exception cref="ConflictException">Somebody else registered it.</exception>
    internal void RequireOwn(Owner? caller)
    {
        if (Owner?.Id != caller?.Id)
        {
            throw new ConflictException("worker", Id, "was registered by somebody else: only who registered a worker speaks for it; choose another id");
        }
    }

    /// <summary>It was heard of.</summary>
    internal WorkerRecord SeenAt(DateTimeOffset now, WorkersOptions site) => this with
    {
        LastSeen = now,
        ExpiresAt = !Asks ? now + site.HeartbeatTimeout : site.IsPassive ? DateTimeOffset.MaxValue : now + site.AnswerWithin,
    };

    /// <summary>Whether it is there.</summary>
    public bool IsAlive(DateTimeOffset now) => now < ExpiresAt;
}

/// <summary>A worker as it is now, with the segments that it runs.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="IsAlive">Whether it was heard of in time.</param>
/// <param name="Running">What it leased.</param>
public sealed record WorkerStatus(WorkerRecord Worker, bool IsAlive, ImmutableArray<BoardSegment> Running);
