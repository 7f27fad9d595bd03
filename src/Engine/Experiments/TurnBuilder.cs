using System.Collections.Immutable;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Stopping;

namespace HpoServerless.Engine.Experiments;

/// <summary>Decides one turn: takes in what happened, obeys commands, checks the goals, then schedules trials or ends.</summary>
internal sealed class TurnBuilder
{
    /// <summary>An event costs its own removal (in a transaction of its own where a store keeps events apart), its trial's row and the row of the trial that takes the free slot.</summary>
    private const int OperationsPerEvent = 3;

    private readonly Algorithms? _algorithms;
    private readonly DateTimeOffset _at;
    private readonly TurnLimits _limits;
    private readonly TurnDraft _draft;
    private readonly TurnEnding _ending;

    /// <param name="before">The experiment before the turn.</param>
    /// <param name="algorithms">What decides; null where nothing is to be decided but the end.</param>
    /// <param name="at">Time of the turn.</param>
    /// <param name="limits">How much the turn may change.</param>
    /// <param name="slots">What the sites say; one that is not among them takes any number of trials.</param>
    public TurnBuilder(ExperimentState before, Algorithms? algorithms, DateTimeOffset at, TurnLimits limits, ImmutableArray<SiteSlots> slots)
    {
        (_algorithms, _at, _limits) = (algorithms, at, limits);
        _draft = new(before, at, limits, slots);
        _ending = new(_draft);
    }

    public AdvanceResult Build(IReadOnlyList<ExperimentEvent> inbox)
    {
        int count = Math.Min(inbox.Count, Math.Max(1, _limits.Operations / OperationsPerEvent));
        _draft.TakeIn([.. inbox.Take(count)]);
        _draft.More = count < inbox.Count;
        StartElsewhere();
        Obey();
        Judge();
        if (_algorithms is not null && _draft.Current.EndsAs is null)
        {
            new TurnScheduling(_draft, _algorithms).Run();
        }
        else
        {
            _ending.StopRunning();
        }

        return Finished();
    }

    public AdvanceResult BuildFailure(string reason)
    {
        _draft.Decide(new(DecisionAction.End, 0, reason) { Status = ExperimentStatus.Failed });
        _ending.StopRunning();
        return Finished();
    }

    /// <summary>What its site lost goes on elsewhere at once, in the slot that it had.</summary>
    private void StartElsewhere()
    {
        ExperimentState now = _draft.Current;
        int[] lost = [.. _draft.Events.OfType<SegmentEnded>().Select(ended => ended.Trial).Distinct().Where(number => now.HasTrial(number) && now.TrialAt(number).IsLost)];
        if (lost.Length == 0)
        {
            return;
        }

        SitePlacer placer = new(now with { Running = now.Running.Except(lost) }, _draft.Slots);
        foreach (Trial trial in lost.Select(now.TrialAt))
        {
            string site = placer.Take(trial);
            _draft.Decide(new(DecisionAction.Resume, trial.Number, $"it goes on at the site {site}") { Site = site, Until = trial.Until, Budget = trial.Budget });
        }
    }

    private void Obey()
    {
        foreach (CommandGiven given in _draft.Events.OfType<CommandGiven>())
        {
            ExperimentStatus status = _draft.Current.Summary.Status;
            switch (given.Command)
            {
                case ExperimentCommand.Stop when status != ExperimentStatus.Stopping:
                    _draft.Decide(new(DecisionAction.End, 0, $"stopped by {given.By}") { Status = ExperimentStatus.Stopped });
                    break;
                case ExperimentCommand.Pause when status == ExperimentStatus.Running:
                    _draft.Decide(new(DecisionAction.Hold, 0, $"paused by {given.By}"));
                    break;
                case ExperimentCommand.Resume when status == ExperimentStatus.Paused:
                    _draft.Decide(new(DecisionAction.Release, 0, $"resumed by {given.By}"));
                    break;
            }
        }
    }

    private void Judge()
    {
        ExperimentState now = _draft.Current;
        if (now.EndsAs is not null)
        {
            return;
        }

        foreach (IStopper stopper in _algorithms?.Stoppers ?? [])
        {
            if (stopper.Check(now, _at) is { } verdict)
            {
                _draft.Decide(new(DecisionAction.End, 0, verdict.Reason) { Status = verdict.Status });
                return;
            }
        }
    }

    private AdvanceResult Finished()
    {
        _ending.FinishIfNothingIsLeft();
        return _draft.Close(_algorithms?.Stoppers.Select(stopper => stopper.Deadline(_draft.Current)).Min());
    }
}
