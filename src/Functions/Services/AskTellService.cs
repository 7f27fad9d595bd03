using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Functions.Services;

/// <summary>Gives trials to programs that run them by themselves, and takes what they tell.</summary>
public sealed class AskTellService(
    WorkBoards boards, ExperimentService experiments, SegmentDesk desk, ReportIntake intake, TrialService trials, IInbox inbox, TimeProvider time)
{
    private const string ByHand = "desk";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RegisteredAgain = TimeSpan.FromSeconds(0.1);

    private readonly ToldBefore _before = new(experiments, inbox);

    /// <summary>Gives a trial to whoever asks.</summary>
    /// <returns>Null where none came in time.</returns>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ConflictException">The experiment has ended, or none of its sites gives out trials.</exception>
    public async Task<Asked?> AskAsync(DurableTaskClient client, string id, AskRequest request, CancellationToken cancellation)
    {
        ExperimentRecord record = await OpenAsync(id, cancellation);
        WorkerBoard board = BoardOf(record, request.Site);
        string name = board.Options.IsPassive ? ByHand : request.Client ?? $"{Guid.NewGuid():N}"[..12];
        WorkerRecord asker = new($"{WorkerRecord.AskerPrefix}{name}.{id}", 1) { Name = name, Experiment = id, Asks = true, Request = $"{Guid.NewGuid():N}" };
        bool isKept = false;
        try
        {
            await RegisterAsync(client, board, asker, cancellation);
            ImmutableArray<BoardSegment> leased = await LeaseAsync(client, board, asker, request.Wait, cancellation);
            if (leased.IsEmpty)
            {
                return null;
            }

            await board.RegisterAsync(asker, cancellation); // the time to answer begins, and no other request of the same client takes the row away

            if (await desk.FindAsync(leased[0].Segment, cancellation) is not { Ending: null } wanted)
            {
                await EndAsync(client, board, leased[0], leased[0].Lease, new() { Status = SegmentStatus.Stopped, Site = board.Options.Site }, cancellation);
                return null; // it was told to end, or is over
            }

            isKept = true;
            Trial trial = await experiments.TrialAsync(id, FormattableString.Invariant($"{leased[0].Segment.Trial}"), cancellation);
            return new(leased[0], wanted.Work, await LastStepAsync(id, trial, cancellation), board.Options.IsPassive ? null : board.Options.AnswerWithin);
        }
        finally
        {
            if (!isKept)
            {
                await (IsAlone(board, request) ? board.LeaveAsync(asker.Id, CancellationToken.None) : board.LeaveIdleAsync(asker.Id, asker.Request, CancellationToken.None));
            }
        }
    }

    /// <summary>Takes what is told about a trial.</summary>
    /// <returns>What is to be done next; null where nobody waits for the answer (any more).</returns>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="InvalidInputException">It must be said which trial is meant, or the metric is missing.</exception>
    public async Task<Told?> TellAsync(DurableTaskClient client, string id, TellRequest request, CancellationToken cancellation)
    {
        ExperimentRecord record = await experiments.FindAsync(id, cancellation);
        (WorkerBoard? board, BoardSegment? answered) = await FindAsync(record, request, cancellation);
        if (board is null || answered is null || answered.IsOver)
        {
            return await _before.FindAsync(record, request, answered, cancellation);
        }

        if (request.Error is { } error)
        {
            return await EndAsync(client, board, answered, request.Lease, Outcome(board, answered, SegmentStatus.Failed) with { Error = error }, cancellation) ? Told.Over : null;
        }

        RequireMetric(record.Definition, request);
        Trial trial = await experiments.TrialAsync(id, FormattableString.Invariant($"{answered.Segment.Trial}"), cancellation);
        bool isDone = request.Done ?? request.Step is null;
        long step = request.Step ?? (isDone || trial.Until is null ? await LastStepAsync(id, trial, cancellation) + 1 : trial.Until.Value);
        Report report = new(step, request.Metrics!, time.GetUtcNow());
        if (isDone)
        {
            return await EndAsync(client, board, answered, request.Lease, Outcome(board, answered, SegmentStatus.Completed) with { Reports = [report] }, cancellation) ? Told.Over : null;
        }

        if (answered.Worker is { } asker)
        {
            await board.HearAsync(asker, cancellation);
        }

        TrialDirective directive = await intake.TakeAsync(client, answered.Segment, [report], wait: trial.Until <= step, cancellation);
        if (directive.Action == DirectiveAction.Continue)
        {
            return new(directive, IsOver: false);
        }

        SegmentOutcome ended = Outcome(board, answered, directive.Action == DirectiveAction.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped);
        return await EndAsync(client, board, answered, request.Lease, ended, cancellation) ? new(directive, IsOver: true) : null;
    }

    /// <summary>Whether no other request can come under the same name.</summary>
    private static bool IsAlone(WorkerBoard board, AskRequest request) => request.Client is null && !board.Options.IsPassive;

    /// <summary>Waits for a trial, unless the experiment ends meanwhile.</summary>
    private async Task<ImmutableArray<BoardSegment>> LeaseAsync(DurableTaskClient client, WorkerBoard board, WorkerRecord asker, TimeSpan wait, CancellationToken cancellation)
    {
        DateTimeOffset latest = time.GetUtcNow() + wait;
        while (true)
        {
            TimeSpan left = latest - time.GetUtcNow();
            ImmutableArray<BoardSegment>? answer = await board.LeaseAsync(asker.Id, asker.Owner, [], 1, left < LookEvery ? left : LookEvery, cancellation);
            if (answer is { IsEmpty: false } leased)
            {
                return leased;
            }

            await OpenAsync(asker.Experiment!, cancellation);
            if (answer is null ? left <= TimeSpan.Zero : left <= LookEvery)
            {
                return [];
            }

            if (answer is null) // another request of the same client took the row away
            {
                await RegisterAsync(client, board, asker, cancellation);
                await Task.Delay(RegisteredAgain, time, cancellation);
            }
        }
    }

    private static async Task RegisterAsync(DurableTaskClient client, WorkerBoard board, WorkerRecord asker, CancellationToken cancellation)
    {
        if ((await board.RegisterAsync(asker, cancellation)).IsMore)
        {
            await TrialDispatcher.RingAsync(client, asker.Experiment!, ExperimentOrchestrator.Doorbell, asker.Id, cancellation);
        }
    }

    private static void RequireMetric(ExperimentDefinition definition, TellRequest request)
    {
        if (request.Metrics![definition.Metric] is null)
        {
            throw new InvalidInputException(new Fault("metrics", string.Join(", ", request.Metrics.Select(metric => metric.Key)), $"must have the metric of the experiment, {definition.Metric}"));
        }
    }

    private async Task<ExperimentRecord> OpenAsync(string id, CancellationToken cancellation)
    {
        ExperimentRecord record = await experiments.FindAsync(id, cancellation);
        return record.Summary.IsFinal
            ? throw new ConflictException("experiment", id, $"has ended ({record.Summary.Status}): there is nothing to do any more")
            : record;
    }

    private WorkerBoard BoardOf(ExperimentRecord record, string? site)
    {
        WorkerBoard[] known = [.. record.Definition.SiteNames.Select(boards.Find).OfType<WorkerBoard>()];
        return known.FirstOrDefault(board => site is null || board.Options.Site == site)
            ?? throw new ConflictException(
                "experiment",
                record.Id,
                $"gives out no trials: it uses {string.Join(", ", record.Definition.SiteNames)}; {(known.Length > 0 ? $"ask for one of {string.Join(", ", known.Select(board => board.Options.Site))}" : "use a site of type workers or passive")}");
    }

    /// <summary>The segment that an answer is about.</summary>
    private async Task<(WorkerBoard? Board, BoardSegment? Segment)> FindAsync(ExperimentRecord record, TellRequest request, CancellationToken cancellation)
    {
        if (request.Lease is { } lease)
        {
            WorkerBoard? of = boards.Find(LeaseName.SiteOf(lease));
            BoardSegment? leased = of is null ? null : await of.FindAsync(lease, cancellation);
            return leased?.Segment.Experiment == record.Id && leased.Segment.Trial == (request.Trial ?? leased.Segment.Trial) ? (of, leased) : (null, null);
        }

        WorkerBoard[] passive = [.. record.Definition.SiteNames.Select(boards.Find).OfType<WorkerBoard>().Where(board => board.Options.IsPassive)];
        if (passive.Length == 0)
        {
            throw new InvalidInputException(new Fault("lease", null, "is missing: it is in the answer to ask; only trials of passive sites are answered without"));
        }

        List<(WorkerBoard, BoardSegment)> open = [];
        foreach (WorkerBoard board in passive)
        {
            open.AddRange((await board.OpenAsync(record.Id, cancellation)).Select(segment => (board, segment)));
        }

        if (request.Trial is { } wanted)
        {
            return open.FirstOrDefault(found => found.Item2.Segment.Trial == wanted);
        }

        return open.Count switch
        {
            0 => (null, null),
            1 => open[0],
            _ => throw new InvalidInputException(new Fault("trial", null, $"is missing: {string.Join(", ", open.Select(found => found.Item2.Segment.Trial))} wait for answers")),
        };
    }

    private async Task<bool> EndAsync(
        DurableTaskClient client, WorkerBoard board, BoardSegment answered, string? lease, SegmentOutcome outcome, CancellationToken cancellation)
    {
        if (!await board.EndAsync(answered.Segment, lease, outcome, cancellation))
        {
            return false;
        }

        await trials.EndAsync(client, answered.Segment.Experiment, answered.Segment.Trial, new(answered.Segment.Segment, outcome), cancellation);
        if (answered.Worker is { } asker)
        {
            await board.LeaveIdleAsync(asker, request: null, cancellation);
        }

        return true;
    }

    private SegmentOutcome Outcome(WorkerBoard board, BoardSegment answered, SegmentStatus status) => new()
    {
        Status = status,
        Site = board.Options.Site,
        Attempts = answered.Attempt + 1,
        StartedAt = answered.Lease is null ? answered.PostedAt : answered.LeasedAt,
        EndedAt = time.GetUtcNow(),
    };

    private async Task<long> LastStepAsync(string experiment, Trial trial, CancellationToken cancellation)
    {
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(new SegmentId(experiment, trial.Number, trial.Segment), cancellation);
        return waiting.OfType<TrialReported>().Select(told => told.Reports[^1].Step).Append(trial.Position).Max();
    }
}

/// <summary>A trial for somebody who asked.</summary>
/// <param name="Leased">The segment.</param>
/// <param name="Work">What it is to evaluate.</param>
/// <param name="From">Step that it goes on from.</param>
/// <param name="Valid">How long something must be told within; null for ever.</param>
public sealed record Asked(BoardSegment Leased, SegmentWork Work, long From, TimeSpan? Valid);

/// <summary>Answer to what was told.</summary>
/// <param name="Directive">What is to be done next.</param>
/// <param name="IsOver">Whether the trial needs nothing more of whoever told.</param>
public sealed record Told(TrialDirective Directive, bool IsOver)
{
    /// <summary>It is over.</summary>
    public static Told Over { get; } = new(new(DirectiveAction.Stop), IsOver: true);
}
