using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>Which states trials keep, and what becomes of the others.</summary>
public sealed class CheckpointTests
{
    [Fact]
    public void A_running_trial_keeps_the_newest_and_the_others_are_dropped()
    {
        Play play = Started(keep: 2);

        play.Advance(Saved(1, 1), Saved(1, 2), Saved(1, 3));

        Assert.Equal([2, 3], play.State.TrialAt(1).Checkpoints.Select(kept => kept.Step));
        Assert.Equal([Of(1, 1).Name], play.Turns[^1].Dropped);
    }

    [Fact]
    public void A_repeated_event_changes_nothing_and_drops_nothing_that_is_needed()
    {
        Play play = Started(keep: 2);
        play.Advance(Saved(1, 1));

        play.Advance(Saved(1, 1));

        Assert.Equal([1], play.State.TrialAt(1).Checkpoints.Select(kept => kept.Step));
        Assert.Empty(play.Turns[^1].Dropped);
    }

    [Fact]
    public void An_attempt_that_began_earlier_gives_up_what_lies_beyond()
    {
        Play play = Started(keep: 3);
        play.Advance(Saved(1, 2), Saved(1, 4));
        SegmentId segment = new("e", 1, 0);

        play.Advance(new TrialRestored(segment.RestoreEventId(1), 1, 0, 2, "the checkpoint at step 4 is damaged, so it resumes from step 2"));

        Assert.Equal([2], play.State.TrialAt(1).Checkpoints.Select(kept => kept.Step));
        Assert.Equal([Of(1, 4).Name], play.Turns[^1].Dropped);
        Assert.Equal((DecisionAction.Resume, "the checkpoint at step 4 is damaged, so it resumes from step 2"), (play.State.TrialAt(1).Notes[^1].Action, play.State.TrialAt(1).Notes[^1].Reason));
    }

    [Theory]
    [InlineData(SegmentStatus.Completed, true, 1)]
    [InlineData(SegmentStatus.Completed, false, 0)]
    [InlineData(SegmentStatus.Failed, true, 0)]
    public void An_ended_trial_keeps_its_newest_only_if_it_completed_and_that_is_wanted(SegmentStatus status, bool keepCompleted, int kept)
    {
        Play play = Started(keep: 2, keepCompleted);
        play.Advance(Saved(1, 1), Saved(1, 2));

        play.Advance(Given.Ended(1, status, Given.Loss(3, 1)));

        Assert.Equal(new long[] { 2 }.Take(kept), play.State.TrialAt(1).Checkpoints.Select(checkpoint => checkpoint.Step));
        Assert.Equal(2 - kept, play.Turns[^1].Dropped.Length);
    }

    [Fact]
    public void What_an_ended_trial_or_segment_saved_too_late_is_dropped()
    {
        Play play = Started(keep: 2);
        play.Advance(Given.Ended(1, SegmentStatus.Failed));

        play.Advance(Saved(1, 5), Saved(99, 5));

        Assert.Equal([Of(1, 5).Name, Of(99, 5).Name], play.Turns[^1].Dropped);
    }

    [Fact]
    public void What_was_told_to_pause_and_was_killed_for_being_slow_is_paused_all_the_same()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(), Given.Start);
        Trial trial = new() { Number = 1, Configuration = Configuration.Empty, Requested = DecisionAction.Pause, Reports = [Given.Loss(1, 1)] };
        state = state with { Trials = [trial], Running = [1], Summary = state.Summary with { Trials = new(Running: 1) } };

        ExperimentState after = state.Apply(new() { Number = 1, At = Given.Start, Events = [Given.Ended(1, SegmentStatus.Stopped)] });

        Assert.Equal((TrialStatus.Paused, null), (after.TrialAt(1).Status, after.TrialAt(1).Requested));
        Assert.Equal([1], after.Paused);
    }

    [Fact]
    public void What_did_not_go_as_it_should_is_explained()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(), Given.Start);
        Trial trial = new() { Number = 1, Configuration = Configuration.Empty, Requested = DecisionAction.Stop, Reason = "hopeless" };
        state = state with { Trials = [trial], Running = [1], Summary = state.Summary with { Trials = new(Running: 1) } };
        SegmentEnded ended = Given.Ended(1, SegmentStatus.Stopped);

        Trial after = state.Apply(new() { Number = 1, At = Given.Start, Events = [ended with { Outcome = ended.Outcome with { Remark = "it did not stop within 5 s and was killed" } }] }).TrialAt(1);

        Assert.Equal(("hopeless", "it did not stop within 5 s and was killed"), (after.Reason, after.Notes[^1].Reason));
    }

    [Fact]
    public void Trials_that_go_on_and_those_that_begin_anew_are_counted()
    {
        Play play = Started(keep: 2);
        play.Advance(Given.Reported(1, Given.Loss(4, 1)), Given.Reported(2, Given.Loss(3, 1)), Saved(1, 4));

        play.Advance(Began(1, 1, 4), Began(2, 1, 0), Began(3, 1, 0));

        Assert.Equal((1, new ResumeCounts(Total: 2, FromStart: 1, StepsAgain: 3)), (play.State.Summary.Checkpoints, play.State.Summary.Resumes));
        string remark = Assert.Single(ExperimentRemarks.Of(play.State.Definition, play.State.Summary));
        Assert.StartsWith("1 of 2 resumes found no checkpoint to go on from and started from the beginning, so that 3 steps were gone again", remark, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_that_is_told_a_fraction_as_its_budget_begins_anew_without_a_remark()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(), Given.Start);
        Trial trial = new() { Number = 1, Configuration = Configuration.Empty, Budget = 0.5, Reports = [Given.Loss(1, 1)] };
        state = state with { Trials = [trial], Running = [1], Summary = state.Summary with { Trials = new(Running: 1) } };

        ExperimentState after = state.Apply(new() { Number = 1, At = Given.Start, Events = [Began(1, 1, 0)] });

        Assert.Equal(new(), after.Summary.Resumes);
    }

    [Theory]
    [InlineData("pbt", 0, 1)]
    [InlineData("pb2", 0, 1)]
    [InlineData("pbt", 1, 0)]
    [InlineData("asha", 0, 0)]
    public void A_population_in_which_nobody_saved_itself_is_remarked(string scheduler, int checkpoints, int remarks)
    {
        ExperimentDefinition definition = Given.Definition() with { Scheduler = new(scheduler) };
        ExperimentSummary summary = ExperimentState.Initial(definition, Given.Start).Summary with { MostSteps = 9, Trials = new(Completed: 1), Checkpoints = checkpoints };

        Assert.Equal(remarks, ExperimentRemarks.Of(definition, summary).Count());
        Assert.Empty(ExperimentRemarks.Of(definition, summary with { Trials = new(Running: 3) }));
    }

    private static TrialRestored Began(int trial, int attempt, long step) => new(new SegmentId("e", trial, 0).RestoreEventId(attempt), trial, 0, step, "a test");

    private static Play Started(int keep, bool keepCompleted = true)
    {
        Play play = new(Given.Definition() with { Checkpoint = new() { Keep = keep, KeepCompleted = keepCompleted } });
        play.Advance();
        return play;
    }

    private static Checkpoint Of(int trial, long step)
    {
        string sha = step.ToString("x64");
        return new(step, Checkpoint.NameFor(new("e", trial, 0), step, sha), 10, sha);
    }

    private static TrialCheckpointed Saved(int trial, long step) => new(new SegmentId("e", trial, 0).CheckpointEventId(Of(trial, step)), trial, 0, Of(trial, step));
}
