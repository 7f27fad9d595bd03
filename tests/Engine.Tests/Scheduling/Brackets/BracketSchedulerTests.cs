using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Scheduling.Brackets;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

public sealed class BracketSchedulerTests
{
    private const string Four = """{"num_configs_list": [4, 2, 1], "budgets_list": [1, 2, 4]}""";

    private static PlayedBrackets Begun(string options = Four, int trials = 100, int slots = 4, OptimizationMode mode = OptimizationMode.Min)
    {
        PlayedBrackets play = new("custom_brackets", options, trials) { Slots = slots, Mode = mode };
        play.Decide();
        return play;
    }

    private static string Text(SchedulerStep step) => string.Join(", ",
        step.Decisions.Select(d => FormattableString.Invariant($"{d.Action} {d.Trial}{(d.Until is { } until ? $" to {until}" : string.Empty)}"))
            .Concat(step.Starts.Select(start => FormattableString.Invariant($"Start to {start.Until}"))));

    private static string ReasonOf(SchedulerStep step, int trial) => Assert.Single(step.Decisions, d => d.Trial == trial).Reason;

    private static void AssertSays(string reason, params string[] facts) => Assert.All(facts, fact => Assert.Contains(fact, reason, StringComparison.Ordinal));

    /// <summary>Answers to reports, and what follows when the slots of those that paused and ended are free.</summary>
    private static SchedulerStep Reported(PlayedBrackets play, params (int Trial, double? Value)[] reports)
    {
        foreach ((int trial, double? value) in reports)
        {
            play.Report(trial, value);
        }

        SchedulerStep answers = play.Decide();
        SchedulerStep then = play.Decide();
        return new([.. answers.Decisions, .. then.Decisions], [.. answers.Starts, .. then.Starts], then.State);
    }

    [Fact]
    public void A_bracket_runs_level_by_level_to_its_end()
    {
        PlayedBrackets play = Begun(trials: 4);

        Assert.Equal("Pause 1", Text(Reported(play, (1, 0.4))));
        Assert.Equal("Pause 2, Pause 3", Text(Reported(play, (2, 0.3), (3, 0.2))));
        Assert.Equal("Continue 4 to 2, Stop 2, Stop 1, Resume 3 to 2", Text(Reported(play, (4, 0.1))));
        Assert.Equal("Pause 3", Text(Reported(play, (3, 0.3))));
        Assert.Equal("Stop 4, Resume 3 to 4", Text(Reported(play, (4, 0.5))));
        Assert.Equal("Complete 3", Text(Reported(play, (3, 0.2))));
        Assert.Equal(string.Empty, Text(play.Decide()));
        Assert.Empty(BracketBook.Parse(play.State).Open);
    }

    [Fact]
    public void Reasons_say_what_was_compared_with_what()
    {
        PlayedBrackets play = Begun("""{"num_configs_list": [4, 2, 1], "budgets_list": [0.25, 0.5, 1]}""", trials: 4, mode: OptimizationMode.Max);

        AssertSays(ReasonOf(Reported(play, (1, -0.4)), 1), "bracket 1", "level 1 of 3", "step 1 ", "budget 0.25", "value 0.4", "1 of 4");
        Reported(play, (2, -0.6), (3, -0.8));
        SchedulerStep over = Reported(play, (4, -0.2));
        AssertSays(ReasonOf(over, 4), "bracket 1", "level 1 of 3", "budget 0.25", "value 0.2 ", "rank 4 of 4", "cut-off 0.6", "2 advance");
        AssertSays(ReasonOf(over, 1), "value 0.4 ", "rank 3 of 4", "cut-off 0.6", "2 advance");
        AssertSays(ReasonOf(over, 2), "level 1 of 3", "value 0.6 ", "rank 2 of 4", "cut-off 0.6", "2 advance", "to step 2", "budget 0.5");
        Assert.Equal((2L, 0.5), (play[2].Until, play[2].Budget!.Value));
        Reported(play, (2, -0.7), (3, -0.9));
        AssertSays(ReasonOf(Reported(play, (3, -0.85)), 3), "level 3 of 3", "step 4 ", "budget 1", "value 0.85", "trial 3 at 0.25 (0.8)", "trial 3 at 0.5 (0.9)", "trial 3 at 1 (0.85)");
    }

    [Fact]
    public void Places_for_which_failures_leave_too_few_go_to_new_trials_that_start_there()
    {
        PlayedBrackets play = Begun();
        play.End(1, TrialStatus.Failed);
        play.ReportAt(2, 1, 0.1);
        play.End(2, TrialStatus.Failed); // a result does not help a trial that cannot go on
        play.End(3, TrialStatus.Stopped);

        SchedulerStep over = Reported(play, (4, 0.3));

        Assert.Equal("Continue 4 to 2, Start to 2, Start to 1, Start to 1", Text(over)); // the next bracket takes the other slots
        AssertSays(ReasonOf(over, 4), "rank 1 of 1", "cut-off 0.3", "1 advance", "3 failed", "1 for new trials");
        Assert.Equal("Pause 5, Start to 1", Text(Reported(play, (5, 0.2))));
        Assert.Equal("Stop 4, Resume 5 to 4", Text(Reported(play, (4, 0.4))));
    }

    [Fact]
    public void Where_all_failed_the_next_level_is_played_by_new_trials()
    {
        PlayedBrackets play = Begun(trials: 6);
        for (int trial = 1; trial <= 4; trial++)
        {
            play.End(trial, TrialStatus.Failed);
        }

        Assert.Equal("Start to 2, Start to 2", Text(play.Decide()));
        Assert.Equal("Pause 6", Text(Reported(play, (6, 0.2))));
        Assert.Equal("Continue 5 to 4, Stop 6", Text(Reported(play, (5, 0.1))));
        Assert.Equal("Complete 5", Text(Reported(play, (5, 0.1))));
    }

    [Fact]
    public void The_last_bracket_is_played_by_the_trials_that_are_left()
    {
        PlayedBrackets play = Begun(trials: 3);

        Reported(play, (1, 0.1), (2, 0.2));
        Assert.Equal("Stop 3, Resume 1 to 2, Resume 2 to 2", Text(Reported(play, (3, 0.3))));
        play.End(1, TrialStatus.Failed);
        Assert.Equal("Continue 2 to 4", Text(Reported(play, (2, 0.2))));
    }

    [Fact]
    public void A_slow_trial_holds_up_its_own_bracket_only()
    {
        PlayedBrackets play = Begun();

        Assert.Equal("Pause 2, Pause 3, Pause 4, Start to 1, Start to 1, Start to 1", Text(Reported(play, (2, 0.2), (3, 0.3), (4, 0.4))));
        Assert.Equal("Pause 5, Start to 1", Text(Reported(play, (5, 0.5))));
        Assert.Equal("Continue 6 to 2, Stop 7, Stop 8, Resume 5 to 2, Start to 1", Text(Reported(play, (6, 0.6), (7, 0.7), (8, 0.8))));

        Assert.Equal("Continue 1 to 2, Stop 3, Stop 4", Text(Reported(play, (1, 0.1)))); // no slot is free for trial 2
        play.End(5, TrialStatus.Failed);
        Assert.Equal("Resume 2 to 2", Text(play.Decide())); // the oldest bracket first
    }

    [Fact]
    public void Slots_go_to_the_oldest_bracket_that_has_a_use_for_them()
    {
        PlayedBrackets play = Begun(slots: 3);

        Assert.Equal("Pause 1, Start to 1", Text(Reported(play, (1, 0.1)))); // trial 4 of the first bracket
        Assert.Equal("Pause 2, Start to 1", Text(Reported(play, (2, 0.2)))); // trial 5 opens the second
        Assert.Equal("Pause 5, Start to 1", Text(Reported(play, (5, 0.5))));
        Assert.Equal("Pause 3, Start to 1", Text(Reported(play, (3, 0.3))));
        Assert.Equal("Stop 4, Stop 3, Resume 1 to 2", Text(Reported(play, (4, 0.4))));
        Assert.Equal("Pause 6, Resume 2 to 2", Text(Reported(play, (6, 0.6))));
    }

    [Fact]
    public void After_n_iterations_brackets_nothing_more_is_started()
    {
        PlayedBrackets play = Begun("""{"num_configs_list": [[2, 1], [1]], "budgets_list": [[1, 2], [2]], "n_iterations": 3}""", slots: 10);

        Assert.Equal(5, play.Count);
        Assert.Equal("Continue 1 to 2, Stop 2, Continue 4 to 2, Stop 5, Complete 3", Text(Reported(play, (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4), (5, 0.5))));
        Assert.Equal("Complete 1, Complete 4", Text(Reported(play, (1, 0.1), (4, 0.4))));
        Assert.Equal(string.Empty, Text(play.Decide()));
    }

    [Fact]
    public void A_trial_that_ended_by_itself_counts_with_its_last_value_and_keeps_its_place()
    {
        PlayedBrackets play = Begun("""{"num_configs_list": [3, 2, 1], "budgets_list": [2, 4, 8]}""", trials: 3);
        play.ReportAt(1, 1, 0.2);
        play.End(1, TrialStatus.Completed);

        Reported(play, (2, 0.1));
        Assert.Equal("Stop 3, Resume 2 to 4", Text(Reported(play, (3, 0.3))));
        SchedulerStep last = Reported(play, (2, 0.15));
        Assert.Equal("Continue 2 to 8", Text(last));
        Assert.Contains("rank 1 of 2", ReasonOf(last, 2), StringComparison.Ordinal);
    }

    [Fact]
    public void Levels_of_trials_that_all_ended_are_over_at_once()
    {
        PlayedBrackets play = Begun(trials: 8);
        for (int trial = 1; trial <= 4; trial++)
        {
            play.ReportAt(trial, 1, trial);
            play.End(trial, TrialStatus.Completed);
        }

        Assert.Equal("Start to 1, Start to 1, Start to 1, Start to 1", Text(play.Decide()));
        Assert.Equal(1, Assert.Single(BracketBook.Parse(play.State).Open).Iteration);
    }

    [Fact]
    public void Equal_values_rank_by_trial_number_and_missing_ones_last()
    {
        PlayedBrackets play = Begun(trials: 4);

        Assert.Equal("Stop 3, Continue 1 to 2, Continue 2 to 2, Stop 4".Split(", ").Order(), Text(Reported(play, (4, null), (3, 1), (2, 1), (1, 1))).Split(", ").Order());
    }

    [Fact]
    public void Without_any_value_trials_advance_by_number_and_no_cut_off_is_named()
    {
        SchedulerStep over = Reported(Begun(trials: 4), (1, null), (2, null), (3, null), (4, null));

        AssertSays(ReasonOf(over, 1), "value none", "rank 1 of 4", "2 advance");
        Assert.DoesNotContain("cut-off", ReasonOf(over, 1), StringComparison.Ordinal);
        Assert.Equal(DecisionAction.Stop, over.Decisions.Single(d => d.Trial == 3).Action);
    }

    [Fact]
    public void Several_metrics_advance_by_front_and_room()
    {
        PlayedBrackets play = new("custom_brackets", Four, 4) { Objectives = 2 };
        play.Decide();
        play.Report(1, 1, 4);
        play.Report(2, 2, 2); // in the middle of the front: least room
        play.Report(3, 4, 1);
        play.Report(4, 1.5, 5); // dominated by trial 1, although second by the first metric

        SchedulerStep over = play.Decide();

        Assert.Equal([1, 3], over.Decisions.Where(d => d.Action == DecisionAction.Continue).Select(d => d.Trial));
        AssertSays(ReasonOf(over, 2), "rank 3 of 4", "all metrics", "2 advance");
    }

    [Fact]
    public void Decisions_beyond_what_one_call_may_change_are_made_in_the_next_with_the_same_reasons()
    {
        PlayedBrackets play = new("custom_brackets", Four, 4) { Changeable = 1 };
        for (int trial = 1; trial <= 4; trial++)
        {
            Assert.Single(play.Decide().Starts);
        }

        Reported(play, (1, 0.1), (2, 0.2), (3, 0.3));
        play.End(4, TrialStatus.Failed);

        SchedulerStep first = play.Decide();
        SchedulerStep second = play.Decide();
        SchedulerStep third = play.Decide();

        Assert.Equal(("Stop 3", true), (Text(first), first.More));
        Assert.Equal(("Resume 1 to 2", "Resume 2 to 2"), (Text(second), Text(third)));
        AssertSays(ReasonOf(third, 2), "rank 2 of 3", "cut-off 0.2");
    }

    [Fact]
    public void Trials_that_the_search_did_not_propose_are_asked_for_again()
    {
        PlayedBrackets play = new("custom_brackets", Four, 100) { Slots = 6, Proposed = 3 };

        Assert.Equal(6, play.Decide().Starts.Length); // four of the first bracket, two of the second
        play.Proposed = int.MaxValue;
        SchedulerStep again = play.Decide();

        Assert.Equal(3, again.Starts.Length);
        Reported(play, (1, 0.1), (2, 0.2), (3, 0.3));
        Assert.Equal("Stop 4, Stop 3", string.Join(", ", Reported(play, (4, 0.4)).Decisions.Where(d => d.Action == DecisionAction.Stop).Select(d => $"Stop {d.Trial}")));
    }

    [Fact]
    public void A_trial_that_stands_beyond_the_next_level_does_not_run_for_it()
    {
        PlayedBrackets play = Begun("""{"num_configs_list": [2, 1], "budgets_list": [1, 3]}""", trials: 2);
        play.ReportAt(1, 5, 0.1);
        play.End(1, TrialStatus.Paused);

        Assert.Equal("Stop 2, Complete 1", Text(Reported(play, (2, 0.2))));
    }

    [Fact]
    public void A_trial_that_paused_on_its_way_is_resumed()
    {
        PlayedBrackets play = Begun(trials: 4);
        play.End(2, TrialStatus.Paused);

        Assert.Equal("Resume 2 to 1", Text(play.Decide()));
    }
}
