using System.Collections.Immutable;
using System.Text;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

/// <summary>Whole experiments with brackets: engine, search and scheduler together.</summary>
public sealed class BracketExperimentTests
{
    private const int MostTurns = 20_000;

    private static ExperimentDefinition Definition(string scheduler, string options, int trials = 1000, int concurrent = 8) =>
        Given.Definition(trials, concurrent) with { Scheduler = new(scheduler, Given.Json(options)), Algorithm = new("random") };

    private static double Loss(Trial trial, long step) => Math.Abs(trial.Configuration["x"].AsDouble() - 0.3) + (1.0 / step);

    /// <summary>Plays to the end. In each round some of the running trials do what is next: report where they must ask, or end as they were told.</summary>
    private static Play Finished(ExperimentDefinition definition, Func<Trial, bool>? fails = null, int atOnce = 3, Action<Play>? look = null)
    {
        Play play = new(definition);
        play.Advance();
        for (int turn = 0; !play.State.Summary.IsFinal; turn++)
        {
            Assert.True(turn < MostTurns, "it never ends");
            ImmutableArray<ExperimentEvent> events =
                [.. play.State.Running.OrderBy(number => (number * 7919) % (turn + 1)).Take(atOnce).Select(number => NextOf(play.State.TrialAt(number), fails))];
            AdvanceResult result = play.Advance(events);
            look?.Invoke(play);
            Assert.InRange(Encoding.UTF8.GetByteCount(play.State.SchedulerState ?? string.Empty), 0, 64 * 1024);
            while (!play.State.Summary.IsFinal && result.Turn is { More: true })
            {
                result = play.Advance();
            }

            Assert.True(play.State.Summary.IsFinal || !play.State.Running.IsEmpty, "nothing runs and it does not end");
        }

        Assert.All(play.State.Trials, trial => Assert.True(trial.IsFinal));
        return play;
    }

    private static ExperimentEvent NextOf(Trial trial, Func<Trial, bool>? fails)
    {
        SegmentId segment = new("e", trial.Number, trial.Segment);
        return trial.Requested is not { } asked && fails?.Invoke(trial) != true
            ? new TrialReported(segment.ReportEventId(trial.Until!.Value), trial.Number, trial.Segment, [Given.Loss(trial.Until.Value, Loss(trial, trial.Until.Value))])
            : new SegmentEnded(segment.EndEventId, trial.Number, trial.Segment, new()
            {
                Status = trial.Requested is null ? SegmentStatus.Failed : trial.Requested == DecisionAction.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped,
                Error = trial.Requested is null ? "it broke" : null,
                Reports = [],
                Site = "local",
                StartedAt = Given.Start,
                EndedAt = Given.Start,
            });
    }

    [Theory]
    [InlineData("hyperband", """{"max_t": 81, "n_iterations": 5}""", 206, 143, 10)]
    [InlineData("hyperband", """{"max_t": 9, "n_iterations": 3}""", 22, 17, 5)]
    [InlineData("bohbhyperband", """{"n_iterations": 5}""", 187, 128, 10)]
    [InlineData("bohbhyperband", """{"min_budget": 0.25, "max_budget": 1, "eta": 2, "n_iterations": 20}""", 88, 60, 32)]
    [InlineData("successive_halving", """{"min_budget": 0.0625, "max_budget": 1, "eta": 4, "n_iterations": 2}""", 42, 32, 2)]
    public void A_full_schedule_evaluates_what_its_table_says(string scheduler, string options, int evaluations, int trials, int completed)
    {
        foreach (int concurrent in (int[])[1, 7, 500])
        {
            ExperimentState state = Finished(Definition(scheduler, options, concurrent: concurrent)).State;

            Assert.Equal(ExperimentStatus.Succeeded, state.Summary.Status);
            Assert.Equal((evaluations, trials, completed), (state.Reports.Count, state.Trials.Count, state.Summary.Trials.Completed));
            Assert.Equal(trials - completed, state.Summary.Trials.Stopped);
        }
    }

    [Fact]
    public void Trials_end_in_the_order_of_their_values_at_each_level()
    {
        ExperimentState state = Finished(Definition("successive_halving", """{"max_budget": 27, "n_iterations": 1}""")).State;

        double WorstAt(long step) => state.Trials.Where(trial => trial.LastStep > step).Max(trial => Loss(trial, step));
        double BestStoppedAt(long step) => state.Trials.Where(trial => trial.LastStep == step).Min(trial => Loss(trial, step));
        Assert.All((long[])[1, 3, 9], step => Assert.True(WorstAt(step) <= BestStoppedAt(step)));
    }

    [Fact]
    public void A_space_that_is_used_up_ends_the_level_with_the_trials_there_are()
    {
        foreach (int concurrent in (int[])[1, 3, 20])
        {
            ExperimentState state = Finished(Definition("custom_brackets", """{"num_configs_list": [9, 3, 1], "budgets_list": [1, 3, 9]}""", concurrent: concurrent) with
            {
                Space = SearchSpace.Parse("""{"x": {"method": "categorical", "dimension": {"categories": [0, 1, 2, 3, 4], "grid_search": 1}}}"""),
                Algorithm = new("grid"),
            }).State;

            Assert.Equal((5, 1, 4), (state.Trials.Count, state.Summary.Trials.Completed, state.Summary.Trials.Stopped));
            Assert.Equal(5 + 3 + 1, state.Reports.Count);
        }
    }

    [Fact]
    public void The_number_of_trials_bounds_the_last_bracket()
    {
        ExperimentState state = Finished(Definition("hyperband", """{"max_t": 9}""", trials: 12)).State;

        Assert.Equal(12, state.Trials.Count);
        Assert.Equal(9 + 3 + 1 + 3 + 1, state.Reports.Count);
    }

    [Fact]
    public void Failures_are_made_up_for()
    {
        Play play = Finished(Definition("successive_halving", """{"max_budget": 9, "n_iterations": 4}""") with { Stopping = new() { Failures = null } }, fails: trial => trial.Number % 9 > 0 && trial.Number <= 36);

        Assert.Equal(4, play.State.Trials.Count(trial => trial.Until == 9)); // one place a bracket
        Assert.True(play.State.Trials.Count > 4 * 9);
        Assert.Contains(play.State.Trials.SelectMany(trial => trial.Notes), note => note.Reason.Contains("for new trials", StringComparison.Ordinal));
    }

    [Fact]
    public void Levels_wider_than_a_turn_are_paused_stopped_and_resumed_bit_by_bit()
    {
        Play play = Finished(Definition("custom_brackets", """{"num_configs_list": [400, 200, 1], "budgets_list": [1, 2, 3], "n_iterations": 1}""", concurrent: 300), atOnce: 300);

        Assert.Equal((400, 1), (play.State.Trials.Count, play.State.Summary.Trials.Completed));
        Assert.Equal(601, play.State.Reports.Count);
        Assert.All(play.Turns, turn => Assert.InRange(turn.Decisions.Length, 0, TurnLimits.Default.Operations));
    }

    [Fact]
    public void Slots_beyond_what_a_turn_may_change_do_not_keep_a_finished_schedule_alive()
    {
        ExperimentState state = Finished(Definition("custom_brackets", """{"num_configs_list": [2, 1], "budgets_list": [1, 2], "n_iterations": 1}""", concurrent: 1000)).State;

        Assert.Equal((2, ExperimentStatus.Succeeded), (state.Trials.Count, state.Summary.Status));
    }

    [Fact]
    public void An_experiment_that_is_held_pauses_its_trials_and_goes_on_later()
    {
        Play play = new(Definition("custom_brackets", """{"num_configs_list": [2, 1], "budgets_list": [1, 2], "n_iterations": 1}"""));
        play.Advance();
        play.Advance(Given.Command(ExperimentCommand.Pause), NextOf(play.State.TrialAt(1), null));
        play.Advance(NextOf(play.State.TrialAt(1), null), Ended(play.State.TrialAt(2)));
        Assert.Equal([1], play.State.Paused);

        play.Advance(Given.Command(ExperimentCommand.Resume));

        Assert.Equal([1], play.State.Running);
        Assert.Equal(2, play.State.TrialAt(1).Until);

        static ExperimentEvent Ended(Trial trial) => NextOf(trial, static _ => true);
    }

    [Fact]
    public void Bohb_models_the_largest_budget_that_has_enough_results()
    {
        SortedSet<long> modelled = [];
        int started = 0;
        Finished(
            Definition("bohbhyperband", """{"max_budget": 27, "n_iterations": 9}""", concurrent: 4) with { Algorithm = new("bohb", Given.Json("""{"random_fraction": 0}""")) },
            atOnce: 2,
            look: play =>
            {
                // One parameter: both sides need two results.
                IGrouping<long, ScheduledReport>? largest = play.State.Reports.GroupBy(report => report.Step).OrderBy(column => column.Key).LastOrDefault(column => column.Count() >= 4);
                foreach (Decision start in play.Decided(DecisionAction.Start).Where(_ => play.State.Reports.Select(report => report.Step).Distinct().Count() > 1 && largest is not null))
                {
                    Assert.StartsWith(FormattableString.Invariant($"model of {largest!.Count()} results at step {largest!.Key}, "), start.Reason, StringComparison.Ordinal);
                    modelled.Add(largest.Key);
                    started++;
                }
            });

        Assert.Equal([1, 3, 9, 27], modelled);
        Assert.True(started > 50, $"{started} were modelled");
    }

    [Fact]
    public void Bohb_with_its_brackets_finds_better_configurations_than_chance()
    {
        double Best(string algorithm) => Enumerable.Range(1, 5).Average(seed =>
            Finished(Definition("bohbhyperband", """{"max_budget": 27, "n_iterations": 8}""", concurrent: 2) with { Algorithm = new(algorithm), Seed = (ulong)seed }).State.Summary.Best!.Value - (1.0 / 27));

        double guided = Best("bohb");
        double random = Best("random");

        Assert.True(guided < random / 2, $"{guided} against {random}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_experiment_whatever_was_played_before()
    {
        ExperimentDefinition definition = Definition("hyperband", """{"max_t": 27}""", trials: 60) with { Algorithm = new("bohb") };

        ExperimentState first = Finished(definition).State;
        ExperimentState second = Finished(definition with { }).State;

        Assert.Equal(first.Trials.Select(trial => trial.Notes[^1].Reason), second.Trials.Select(trial => trial.Notes[^1].Reason));
    }
}
