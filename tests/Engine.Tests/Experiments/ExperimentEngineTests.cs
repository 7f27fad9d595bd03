using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Experiments;

public sealed class ExperimentEngineTests
{
    [Fact]
    public void Experiment_in_which_no_trial_has_a_value_has_failed()
    {
        Play play = new(Given.Definition(trials: 2, concurrent: 2));
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Stopped, Given.Loss(1, double.NaN)), Given.Ended(2, SegmentStatus.Stopped));

        Assert.Equal((ExperimentStatus.Failed, "all 2 trials ended, and no trial had a result"), (play.State.Summary.Status, play.State.Summary.Reason));
    }

    [Fact]
    public void Experiment_whose_trials_were_all_stopped_with_a_value_has_a_result()
    {
        Play play = new(Given.Definition(trials: 2, concurrent: 2));
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Stopped, Given.Loss(1, 0.5)), Given.Ended(2, SegmentStatus.Failed));

        Assert.Equal((ExperimentStatus.Succeeded, 1), (play.State.Summary.Status, play.State.Summary.Best!.Trial));
    }

    [Fact]
    public void Advance_firstTurn_startsAsManyTrialsAsMayRun()
    {
        Play play = new(Given.Definition(trials: 10, concurrent: 3));

        AdvanceResult result = play.Advance();

        Assert.Equal([1, 2, 3], play.Decided(DecisionAction.Start).Select(d => d.Trial));
        Assert.Equal([1, 2, 3], result.ChangedTrials);
        Assert.Equal(new TrialCounts(Running: 3), play.State.Summary.Trials);
        Assert.False(result.Turn!.More);
    }

    [Fact]
    public void Advance_withNothingNew_makesNoTurn()
    {
        Play play = new(Given.Definition());
        play.Advance();

        AdvanceResult again = play.Advance();

        Assert.Null(again.Turn);
        Assert.Same(play.State, again.State);
    }

    [Fact]
    public void Advance_trialEnded_recordsItAndFillsTheSlot()
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Completed(2, 0.5));

        Assert.Equal(TrialStatus.Completed, play.State.TrialAt(2).Status);
        Assert.Equal(0.5, play.State.TrialAt(2).Value);
        Assert.Equal(new BestTrial(2, 0.5, play.State.TrialAt(2).Configuration), play.State.Summary.Best);
        Assert.Equal([4], play.Decided(DecisionAction.Start).Select(d => d.Trial));
    }

    [Fact]
    public void Advance_allTrialsEnded_succeeds()
    {
        Play play = new(Given.Definition(trials: 4, concurrent: 2));
        play.Advance();
        play.Advance(Given.Completed(1, 3), Given.Completed(2, 2));

        play.Advance(Given.Completed(3, 0), Given.Ended(4, SegmentStatus.Failed));

        Assert.Equal(ExperimentStatus.Succeeded, play.State.Summary.Status);
        Assert.Equal(new TrialCounts(Completed: 3, Failed: 1), play.State.Summary.Trials);
        Assert.Equal((3, 0.0), (play.State.Summary.Best!.Trial, play.State.Summary.Best.Value));
        Assert.Null(play.Advance(Given.Completed(4, -1)).Turn);
    }

    [Fact]
    public void Advance_everyTrialFailed_fails()
    {
        Play play = new(Given.Definition(trials: 2, concurrent: 2));
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Failed), Given.Ended(2, SegmentStatus.Failed));

        Assert.Equal(ExperimentStatus.Failed, play.State.Summary.Status);
        Assert.Null(play.State.Summary.Best);
    }

    [Fact]
    public void Advance_modeMax_findsTheLargest()
    {
        Play play = new(Given.Definition(trials: 3) with { Mode = OptimizationMode.Max });
        play.Advance();

        play.Advance(Given.Completed(1, -1), Given.Completed(2, 4), Given.Completed(3, 2));

        Assert.Equal((2, 4.0), (play.State.Summary.Best!.Trial, play.State.Summary.Best.Value));
        Assert.Equal([1.0, -4.0, -2.0], play.State.Observations.Select(o => o.Value!.Value));
    }

    [Fact]
    public void Advance_equalValues_keepsTheLowerTrialWhateverTheOrder()
    {
        Play play = new(Given.Definition(trials: 3));
        play.Advance();

        play.Advance(Given.Completed(3, 1));
        play.Advance(Given.Completed(1, 1));

        Assert.Equal(1, play.State.Summary.Best!.Trial);
    }

    [Theory]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.PositiveInfinity, "infinite")]
    [InlineData(double.NegativeInfinity, "infinite")]
    public void Advance_lastValueNotFinite_failsTheTrialAndSaysSo(double value, string word)
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Completed, Given.Loss(1, 0.5), Given.Loss(2, value)));

        Trial trial = play.State.TrialAt(1);
        Assert.Equal(TrialStatus.Failed, trial.Status);
        Assert.Contains(word, trial.Error, StringComparison.Ordinal);
        Assert.Null(play.State.Summary.Best);
        Assert.Null(play.State.Observations[0].Value);
    }

    [Fact]
    public void Advance_metricMissing_failsTheTrialAndNamesWhatWasReported()
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Completed, Given.Report(1, ("accuracy", 0.9))), Given.Ended(2, SegmentStatus.Completed));

        Assert.Equal(TrialStatus.Failed, play.State.TrialAt(1).Status);
        Assert.Contains("accuracy", play.State.TrialAt(1).Error, StringComparison.Ordinal);
        Assert.Contains("loss", play.State.TrialAt(1).Error, StringComparison.Ordinal);
        Assert.Equal(TrialStatus.Failed, play.State.TrialAt(2).Status);
    }

    [Fact]
    public void Advance_repeatedAndLateEvents_changeNothing()
    {
        Play play = new(Given.Definition());
        play.Advance();
        play.Advance(Given.Completed(1, 0.5));
        Trial before = play.State.TrialAt(1);
        int trials = play.State.Trials.Count;

        play.Advance(Given.Completed(1, -9), Given.Reported(1, Given.Loss(2, -9)), Given.Completed(99, -9));

        Assert.Same(before, play.State.TrialAt(1));
        Assert.Equal(trials, play.State.Trials.Count);
        Assert.Equal(3, play.Turns[^1].Events.Length); // folded, so that the store can drop them
    }

    [Fact]
    public void Advance_reportsOutOfOrder_keepsAscendingSteps()
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Reported(1, Given.Loss(2, 2)));
        play.Advance(Given.Reported(1, Given.Loss(1, 1), Given.Loss(2, 9), Given.Loss(3, 3)));

        Assert.Equal([2L, 3L], play.State.TrialAt(1).Reports.Select(r => r.Step));
        Assert.Equal(3, play.State.TrialAt(1).Value);
    }

    [Fact]
    public void Advance_stopCommand_stopsRunningTrialsAndEndsAsStopped()
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Command(ExperimentCommand.Stop));

        Assert.Equal(ExperimentStatus.Stopping, play.State.Summary.Status);
        Assert.Equal([1, 2, 3], play.Decided(DecisionAction.Stop).Select(d => d.Trial));
        Assert.Equal(DirectiveAction.Stop, play.State.TrialAt(1).DirectiveAt(0, 1)!.Action);

        play.Advance(Given.Ended(1, SegmentStatus.Stopped, Given.Loss(1, 1)), Given.Ended(2, SegmentStatus.Stopped), Given.Completed(3, 5));

        Assert.Equal(ExperimentStatus.Stopped, play.State.Summary.Status);
        Assert.Equal(new TrialCounts(Completed: 1, Stopped: 2), play.State.Summary.Trials);
        Assert.Equal(3, play.State.Summary.Best!.Trial); // a stopped trial never wins over a completed one
    }

    [Fact]
    public void Advance_stoppedWithoutACompletedTrial_keepsTheFurthestAsBest()
    {
        Play play = new(Given.Definition());
        play.Advance();
        play.Advance(Given.Command(ExperimentCommand.Stop));

        play.Advance(
            Given.Ended(1, SegmentStatus.Stopped, Given.Loss(1, 0.1)),
            Given.Ended(2, SegmentStatus.Stopped, Given.Loss(1, 0.9), Given.Loss(2, 0.8)),
            Given.Ended(3, SegmentStatus.Failed));

        Assert.Equal(2, play.State.Summary.Best!.Trial);
    }

    [Fact]
    public void Advance_pauseAndResume_holdsNewTrialsOnly()
    {
        Play play = new(Given.Definition());
        play.Advance();

        play.Advance(Given.Command(ExperimentCommand.Pause), Given.Completed(1, 1));
        Assert.Equal(ExperimentStatus.Paused, play.State.Summary.Status);
        Assert.Empty(play.Decided(DecisionAction.Start));
        Assert.Equal(2, play.State.Running.Count);

        play.Advance(Given.Completed(2, 1), Given.Completed(3, 1));
        Assert.Equal(ExperimentStatus.Paused, play.State.Summary.Status);

        play.Advance(Given.Command(ExperimentCommand.Resume));
        Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);
        Assert.Equal(3, play.Decided(DecisionAction.Start).Count());
    }

    [Fact]
    public void Advance_moreThanOneTurnCanHold_leavesTheRestForTheNext()
    {
        Play play = new(Given.Definition(trials: 500, concurrent: 300));
        int turns = 0;
        while (play.Advance().Turn is { } turn)
        {
            Assert.InRange(turn.Decisions.Length, 1, 96);
            turns++;
        }

        Assert.Equal(300, play.State.Running.Count);
        Assert.Equal(4, turns);
        Assert.Equal([true, true, true, false], play.Turns.Select(t => t.More));

        ImmutableArray<ExperimentEvent> inbox = [.. Enumerable.Range(1, 300).Select(t => Given.Completed(t, t))];
        while (inbox.Length > 0)
        {
            AdvanceResult result = play.Advance(inbox);
            Assert.InRange(result.Turn!.Events.Length + result.ChangedTrials.Length, 1, 96);
            inbox = inbox.RemoveRange(0, result.Turn.Events.Length);
        }

        Assert.Equal(300, play.State.Summary.Trials.Completed);
        Assert.Equal(200, play.State.Summary.Trials.Running);
    }

    [Fact]
    public void Advance_stoppingMoreThanOneTurnCanHold_stopsAllOfThem()
    {
        Play play = new(Given.Definition(trials: 500, concurrent: 300));
        while (play.Advance().Turn is not null)
        {
        }

        play.Advance(Given.Command(ExperimentCommand.Stop));
        while (play.Turns[^1].More)
        {
            play.Advance();
        }

        Assert.All(play.State.Running, t => Assert.Equal(DecisionAction.Stop, play.State.TrialAt(t).Requested));
    }

    [Fact]
    public void Advance_spaceUsedUp_succeedsWithFewerTrials()
    {
        Play play = new(Given.Definition(trials: 100, concurrent: 10) with
        {
            Space = SearchSpace.Parse("""{"x": {"method": "categorical", "dimension": {"categories": [1, 2, 3, 4]}}}"""),
            Algorithm = new("grid"),
        });
        play.Advance();

        play.Advance([.. Enumerable.Range(1, 4).Select(t => (ExperimentEvent)Given.Completed(t, t))]);

        Assert.Equal(ExperimentStatus.Succeeded, play.State.Summary.Status);
        Assert.Equal(4, play.State.Summary.Trials.Completed);
    }

    [Fact]
    public void Advance_sameSeed_sameConfigurationsWhateverTheConcurrency()
    {
        Play narrow = new(Given.Definition(trials: 20, concurrent: 1));
        Play wide = new(Given.Definition(trials: 20, concurrent: 8));
        foreach (Play play in (Play[])[narrow, wide])
        {
            for (int guard = 0; !play.State.Summary.IsFinal && guard < 100; guard++)
            {
                play.Advance([.. play.State.Running.Reverse().Select(t => (ExperimentEvent)Given.Completed(t, -t))]);
            }
        }

        Assert.Equal(narrow.State.Trials.Select(t => t.Configuration), wide.State.Trials.Select(t => t.Configuration));
    }

    [Fact]
    public void Advance_resumedTrial_getsANewSegmentAndIgnoresTheOldOne()
    {
        Play play = new(Given.Definition(trials: 1, concurrent: 1));
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Paused, Given.Loss(1, 5)));

        Decision resume = Assert.Single(play.Decided(DecisionAction.Resume));
        Assert.Equal((1, 1), (resume.Trial, resume.Segment));
        Assert.Equal((TrialStatus.Running, 1), (play.State.TrialAt(1).Status, play.State.TrialAt(1).Segment));
        Assert.Equal(DirectiveAction.Stop, play.State.TrialAt(1).DirectiveAt(segment: 0, step: 1)!.Action);
    }

    [Fact]
    public void Fail_endsTheExperimentWithTheReason()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(), Given.Start);

        AdvanceResult result = ExperimentEngine.Fail(state, "cannot go on", Given.Start);

        Assert.Equal((ExperimentStatus.Failed, "cannot go on"), (result.State.Summary.Status, result.State.Summary.Reason));
        Assert.Equal(result.State.Summary, state.Apply(result.Turn!).Summary);
    }

    [Fact]
    public void Fail_whileTrialsRun_stopsThemBeforeItEnds()
    {
        Play play = new(Given.Definition(trials: 3, concurrent: 3));
        play.Advance();

        AdvanceResult result = ExperimentEngine.Fail(play.State, "cannot go on", Given.Start);

        Assert.Equal(ExperimentStatus.Stopping, result.State.Summary.Status);
        Assert.Equal([1, 2, 3], result.Turn!.Decisions.Where(d => d.Action == DecisionAction.Stop).Select(d => d.Trial));

        // Its algorithms are not needed for that: here they cannot even be built.
        ExperimentState broken = result.State with { Definition = result.State.Definition with { Algorithm = new("no-such-algorithm") } };
        AdvanceResult last = ExperimentEngine.Advance(broken, [.. Enumerable.Range(1, 3).Select(t => Given.Ended(t, SegmentStatus.Stopped))], Given.Start);

        Assert.Equal((ExperimentStatus.Failed, "cannot go on"), (last.State.Summary.Status, last.State.Summary.Reason));
    }

    [Fact]
    public void Apply_turnOutOfOrder_isRefused()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(), Given.Start);

        Assert.Throws<ArgumentException>(() => state.Apply(new() { Number = 2, At = Given.Start }));
    }
}
