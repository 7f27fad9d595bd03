using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Services;

/// <summary>Knows what was told before: a request whose answer was lost comes again, and is answered as the first time.</summary>
/// <param name="experiments">Finds trials.</param>
/// <param name="inbox">What no turn has folded yet.</param>
internal sealed class ToldBefore(ExperimentService experiments, IInbox inbox)
{
    /// <param name="record">The experiment.</param>
    /// <param name="request">What is told.</param>
    /// <param name="answered">The segment that it is about, where the board knows it still.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What was answered; null where it was never told.</returns>
    /// <exception cref="InvalidInputException">It does not say which trial is meant, and none waits.</exception>
    public async Task<Told?> FindAsync(ExperimentRecord record, TellRequest request, BoardSegment? answered, CancellationToken cancellation)
    {
        SegmentId? leased = request.Lease is { } lease ? LeaseName.SegmentOf(lease, record.Id) : null;
        if ((request.Lease is not null && leased is null) || (leased is { } of && request.Trial is { } other && of.Trial != other))
        {
            return null; // it is about another trial, or no lease at all
        }

        int number = leased?.Trial ?? request.Trial ?? record.Summary.Trials.Total; // without a number: the newest
        if (number == 0)
        {
            throw Missing();
        }

        int segment = leased?.Segment ?? (await TrialAsync()).Segment;
        ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(new SegmentId(record.Id, number, segment), cancellation); // before the trial: a turn may fold them meanwhile
        Trial trial = await TrialAsync();
        SegmentOutcome? outcome = answered?.Outcome ?? waiting.OfType<SegmentEnded>().FirstOrDefault()?.Outcome;
        Report[] reports =
        [
            .. trial.Reports,
            .. waiting.OfType<TrialReported>().SelectMany(told => told.Reports),
            .. outcome?.Reports ?? [],
        ];
        Told? before = Answer(request, trial, segment, outcome, reports);
        return before is null && request.Lease is null && request.Trial is null ? throw Missing() : before;

        Task<Trial> TrialAsync() => experiments.TrialAsync(record.Id, FormattableString.Invariant($"{number}"), cancellation);
    }

    private static Told? Answer(TellRequest request, Trial trial, int segment, SegmentOutcome? outcome, Report[] reports)
    {
        bool isLatest = trial.Segment == segment;
        if (request.Error is { } error)
        {
            return (outcome is not null ? outcome.Error : isLatest && trial.IsFinal ? trial.Error : null) == error ? Told.Over : null;
        }

        bool isDone = request.Done ?? request.Step is null;
        bool isKnown = request.Step is null && isDone
            ? reports is [.., var last] && last.Metrics.Equals(request.Metrics)
            : reports.Any(told => (request.Step is not { } step || told.Step == step) && told.Metrics.Equals(request.Metrics));
        if (!isKnown)
        {
            return null;
        }

        SegmentStatus? ended = outcome?.Status
            ?? (!isLatest || trial.Status == TrialStatus.Paused || trial.Notes is [.., { Action: DecisionAction.Pause }, { Action: DecisionAction.Stop or DecisionAction.Complete }] ? SegmentStatus.Paused
                : trial.Status switch
                {
                    TrialStatus.Completed => SegmentStatus.Completed,
                    TrialStatus.Stopped => SegmentStatus.Stopped,
                    _ => null,
                });
        return ended switch
        {
            SegmentStatus.Completed or SegmentStatus.Stopped => Told.Over,
            SegmentStatus.Paused when !isDone => new(new(DirectiveAction.Pause), IsOver: true),
            _ => null,
        };
    }

    private static InvalidInputException Missing() => new(new Fault("trial", null, "is missing, and no trial waits for an answer now"));
}
