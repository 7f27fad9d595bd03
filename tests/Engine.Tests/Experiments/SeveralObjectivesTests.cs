using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Tests.Experiments;

public sealed class SeveralObjectivesTests
{
    private static readonly ImmutableArray<Objective> Objectives = [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)];

    [Fact]
    public void Front_has_what_no_other_trial_dominates_and_best_is_that_of_the_first_metric()
    {
        ExperimentState state = Played([], (3, 3, 0), (2, 1, 0), (1, 2, 0), (4, 9, 0), (1, 2, 0), (5, 1, 0));

        Assert.Equal([1, 3, 4, 5], state.Summary.Front!.Trials);
        Assert.Equal([new(1, 5), new(1, 9)], state.Summary.Front.Ranges);
        Assert.Equal((3, 1.0, null), (state.Summary.Best!.Trial, state.Summary.Best.Value, state.Summary.Best.Violation));
    }

    [Fact]
    public void Observations_have_all_objectives_minimised_and_the_constraints()
    {
        Observation seen = Played(["excess"], (3, 8, 0.5)).Observations[0];

        Assert.Equal(3, seen.Value);
        Assert.Equal([3, -8], seen.Objectives);
        Assert.Equal([0.5], seen.Constraints);
        Assert.Equal(0.5, seen.Violation);
    }

    [Fact]
    public void Report_gives_values_as_reported_and_the_volume_up_to_a_tenth_beyond_the_worst()
    {
        ExperimentState state = Played([], (3, 3, 0), (1, 1, 0), (2, 0, 0));

        ParetoReport report = Report(state);

        Assert.Equal([(2, 1, 1), (1, 3, 3)], report.Front.Select(member => (member.Trial, member.Values["loss"]!.Value, member.Values["speed"]!.Value)));
        Assert.Equal(3.2, report.Hypervolume!.Reference["loss"]!.Value, 12);
        Assert.Equal(-0.3, report.Hypervolume.Reference["speed"]!.Value, 12);
        Assert.Equal((2.2 * 1.3) + (0.2 * 2), report.Hypervolume.Value, 12);
    }

    [Fact]
    public void Report_measures_up_to_the_reference_point_of_the_user()
    {
        ExperimentState state = Played([], (3, 3, 0), (1, 1, 0));

        ParetoReport report = Report(state with { Definition = state.Definition with { ReferencePoint = [4, 0] } });

        Assert.Equal((3.0 * 1) + (1.0 * 2), report.Hypervolume!.Value, 12);
        Assert.Equal((4.0, 0.0), (report.Hypervolume.Reference["loss"]!.Value, report.Hypervolume.Reference["speed"]!.Value));
    }

    [Fact]
    public void Report_leaves_out_a_volume_that_is_no_number()
    {
        ParetoReport report = Report(Played([], (double.MaxValue, 1, 0), (-double.MaxValue, 0, 0)));

        Assert.Equal(2, report.Front.Length);
        Assert.Null(report.Hypervolume);
    }

    [Fact]
    public void Report_before_any_trial_is_empty()
    {
        ParetoReport report = Report(Played([]));

        Assert.Empty(report.Front);
        Assert.Null(report.Hypervolume);
    }

    [Fact]
    public void Best_and_front_are_of_trials_that_meet_the_constraints()
    {
        ExperimentState state = Played(["excess"], (1, 9, 0.1), (5, 1, 0), (4, 1, -3), (6, 2, -1));

        Assert.Equal((3, null), (state.Summary.Best!.Trial, state.Summary.Best.Violation));
        Assert.Equal([3, 4], state.Summary.Front!.Trials);
    }

    [Fact]
    public void Best_violates_least_while_no_trial_meets_the_constraints()
    {
        ExperimentState state = Played(["excess"], (1, 9, 3), (5, 1, 0.5), (2, 1, 2));

        Assert.Equal((2, 0.5), (state.Summary.Best!.Trial, state.Summary.Best.Violation));
        Assert.Empty(state.Summary.Front!.Trials);
        Assert.Equal(0, Report(state).Hypervolume!.Value);
    }

    [Fact]
    public void Trial_without_a_metric_or_a_constraint_has_failed_and_says_which()
    {
        Play play = new(Definition(["excess"], 4));
        play.Advance();
        play.Advance(
            Given.Ended(1, SegmentStatus.Completed, Given.Loss(1, 1)),
            Given.Ended(2, SegmentStatus.Completed, Given.Report(1, ("loss", 1), ("speed", double.NaN), ("excess", double.PositiveInfinity))),
            Given.Ended(3, SegmentStatus.Completed));

        Assert.All(play.State.Trials.Take(3), trial => Assert.Equal(TrialStatus.Failed, trial.Status));
        Assert.All(["'speed'", "'excess'"], name => Assert.All(play.State.Trials.Take(3), trial => Assert.Contains(name, trial.Error, StringComparison.Ordinal)));
        Assert.DoesNotContain("'loss'", play.State.TrialAt(2).Error, StringComparison.Ordinal);
        Assert.All(play.State.Observations, seen => Assert.True(seen.Value is null && seen.Objectives.IsDefault && seen.Constraints.IsDefault));
    }

    [Fact]
    public void Stopped_trial_counts_with_its_last_report_that_has_everything()
    {
        Play play = new(Definition(["excess"], 3));
        play.Advance();
        play.Advance(
            Given.Ended(1, SegmentStatus.Stopped, Given.Report(1, ("loss", 7), ("speed", 2), ("excess", 1)), Given.Loss(2, 5)),
            Given.Ended(2, SegmentStatus.Stopped, Given.Loss(1, 5)));

        Assert.Equal([7, -2], play.State.Observations[0].Objectives);
        Assert.Equal((7, 2, true), (play.State.Observations[0].Value, play.State.Observations[0].Step, play.State.Observations[0].IsPartial));
        Assert.Null(play.State.Observations[1].Value);
        play.Advance(Given.Ended(3, SegmentStatus.Failed));
        Assert.Equal((1, 7.0, 1.0), (play.State.Summary.Best!.Trial, play.State.Summary.Best.Value, play.State.Summary.Best.Violation!.Value));
    }

    [Fact]
    public void Target_is_reached_by_a_trial_that_meets_the_constraints()
    {
        Play play = new(Definition(["excess"], 9) with { Stopping = new() { Target = 2 } });
        play.Advance();
        play.Advance(Completed(1, 1, 1, 0.5));
        Assert.Null(play.State.EndsAs);
        play.Advance(Completed(2, 2, 1, 0));
        Assert.Equal(ExperimentStatus.Succeeded, play.State.EndsAs);
    }

    [Fact]
    public void Plateau_counts_trials_that_meet_the_constraints()
    {
        Play play = new(Definition(["excess"], 9) with { Stopping = new() { Plateau = new(2) } });
        play.Advance();
        play.Advance(Completed(1, 3, 1, 0), Completed(2, 1, 1, 1), Completed(3, 4, 1, 1));
        Assert.Equal((0, 3.0), (play.State.CompletedSinceImprovement, play.State.PlateauReference!.Value));
        play.Advance(Completed(4, 4, 1, 0), Completed(5, 3, 1, 0));
        Assert.Equal(ExperimentStatus.Succeeded, play.State.EndsAs);
    }

    private static ExperimentDefinition Definition(ImmutableArray<string> constraints, int trials) =>
        Given.Definition(trials, concurrent: Math.Max(trials, 1)) with { Objectives = Objectives, Constraints = constraints };

    private static SegmentEnded Completed(int trial, double loss, double speed, double excess) =>
        Given.Ended(trial, SegmentStatus.Completed, Given.Report(1, ("loss", loss), ("speed", speed), ("excess", excess)));

    private static ExperimentState Played(ImmutableArray<string> constraints, params (double Loss, double Speed, double Excess)[] results)
    {
        Play play = new(Definition(constraints, results.Length + 1));
        play.Advance();
        play.Advance([.. results.Select((result, i) => Completed(i + 1, result.Loss, result.Speed, result.Excess))]);
        return play.State;
    }

    private static ParetoReport Report(ExperimentState state) =>
        ParetoReport.Of(state.Definition, state.Summary.Front, (state.Summary.Front?.Trials ?? []).Select(state.TrialAt));
}
