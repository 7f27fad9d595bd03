using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

public sealed class PbtContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("pbt", null);
}

public sealed class PopulationSchedulerTests
{
    private static ExperimentDefinition Definition(int trials, int concurrent, string options = """{"max_t": 20, "perturbation_interval": 5}""") =>
        Given.Definition(trials, concurrent) with { Scheduler = new("pbt", Given.Json(options)) };

    /// <summary>A program whose loss is the distance of its trial number from the best plus what it has not learned yet; it counts its own steps.</summary>
    private static Training<(int Begun, int Steps)> Ladder(ExperimentDefinition definition, Func<int, int, bool>? advances = null) => new(
        definition,
        static trial => (trial, 0),
        static (state, _) => (state.Begun, state.Steps + 1),
        static (state, _) => [("loss", state.Begun + (1.0 / state.Steps))])
    {
        Advances = advances ?? (static (_, _) => true),
    };

    [Fact]
    public void At_each_interval_the_worst_go_on_from_the_best()
    {
        Training<(int Begun, int Steps)> training = Ladder(Definition(8, 8)).Run();

        Decision[] first = [.. training.Decisions.Where(decision => decision.Action == DecisionAction.Exploit).Take(2)];
        Assert.Equal([7, 8], first.Select(decision => decision.Trial));
        Assert.All(first, decision => Assert.InRange(decision.From!.Value, 1, 2));
        Assert.All(training.Play.State.Trials, trial => Assert.Equal((TrialStatus.Completed, 20L), (trial.Status, trial.LastStep)));
        // The state came along: what began as 7 and 8 ends with the loss of what began as 1 or 2.
        Assert.All(training.Play.State.Trials.Skip(6), trial => Assert.InRange(trial.Value!.Value, 1, 3));
    }

    [Fact]
    public void Reasons_say_place_values_donor_and_what_changed()
    {
        Training<(int Begun, int Steps)> training = Ladder(Definition(8, 8)).Run();

        Decision exploit = training.Decisions.First(decision => decision.Action == DecisionAction.Exploit);
        Assert.All(
            ["trial 7 is at place 7 of 8 at step 5", "value 7.2", "cut-off 6.2", $"from the checkpoint of trial {exploit.From} at step 5", "with x ", "(was "],
            part => Assert.Contains(part, exploit.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_population_larger_than_the_slots_advances_evenly()
    {
        Training<(int Begun, int Steps)> training = Ladder(Definition(9, 2));
        training.Play.Advance();
        for (int steps = 1; !training.Play.State.Summary.IsFinal; steps++)
        {
            training.Run(steps);
            ImmutableList<Trial> trials = training.Play.State.Trials;
            long most = trials.Max(trial => trial.LastStep);
            long least = trials.Count < 9 ? 0 : trials.Min(trial => trial.LastStep);
            Assert.True(most - least <= 10, $"from {least} to {most}");
        }

        Assert.InRange(training.Steps, 9 * 15, 9 * 20);
        Assert.All(training.Play.State.Trials, trial => Assert.Equal(TrialStatus.Completed, trial.Status));
        // Compared when they go on, nearly all others being as far: at the first interval the three worst of nine, as with a slot for each.
        int[] givingWay = [.. training.Decisions.Where(decision => decision.Action == DecisionAction.Exploit && decision.Reason.Contains("at step 5 ", StringComparison.Ordinal)).Select(decision => decision.Trial)];
        Assert.Equal([7, 8, 9], givingWay.Order());
    }

    [Fact]
    public void Nobody_waits_for_a_straggler()
    {
        Training<(int Begun, int Steps)> training = Ladder(Definition(4, 4), static (trial, turn) => trial != 4 || turn % 50 == 0);

        training.Run(steps: 62);

        Assert.All(training.Play.State.Trials.Take(3), trial => Assert.Equal(20, trial.LastStep));
        Assert.InRange(training.Play.State.Trials[3].LastStep, 1, 4);
    }

    [Fact]
    public void A_trial_is_compared_at_its_own_age()
    {
        // Trial 1 is far ahead and good by now, but at the age of the others it was the worst.
        Training<int> training = new(Definition(4, 4), static _ => 0, static (steps, _) => steps + 1, static (steps, config) => [("loss", steps >= 11 ? 0 : config["x"].AsDouble())])
        {
            Advances = static (trial, turn) => trial == 1 || turn % 4 == 0,
        };
        training.Run();

        Decision comparison = training.Decisions.First(decision => decision.Trial == 2 && decision.Reason.Contains("at step 5 ", StringComparison.Ordinal));
        double[] configured = [.. Enumerable.Range(1, 4).Select(trial => training.Play.State.TrialAt(trial)).Select(trial => trial.Reports[4].Metrics["loss"]!.Value)];
        int place = 1 + configured.Count(value => value < configured[1]);
        Assert.Contains($"place {place} of 4", comparison.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_arrival_changes_no_draw()
    {
        Decision together = Ladder(Definition(2, 2)).Run().Decisions.First(decision => decision.Action == DecisionAction.Exploit);
        Decision apart = Ladder(Definition(2, 2), static (trial, turn) => turn % 3 == trial % 3).Run().Decisions.First(decision => decision.Action == DecisionAction.Exploit);

        Assert.Equal((2, 1), (together.Trial, together.From));
        Assert.Equal((together.Trial, together.From, together.Configuration), (apart.Trial, apart.From, apart.Configuration));
    }

    [Fact]
    public void Nobody_trains_longer_than_its_steps_say_however_far_apart_trials_are()
    {
        // Half of the trials are ten times slower; the state is the number of steps that were really trained.
        Training<int> training = new(Definition(6, 6), static _ => 0, static (trained, _) => trained + 1, static (trained, config) => [("loss", config["x"].AsDouble()), ("trained", trained)])
        {
            Advances = static (trial, turn) => trial % 2 == 0 || turn % 10 == 0,
        };
        training.Run();

        Assert.All(training.Play.State.Trials, trial => Assert.All(trial.Reports, report => Assert.InRange(report.Metrics["trained"]!.Value, report.Step - 10, report.Step)));
        TrialOrigin[] origins = [.. training.Play.State.Trials.SelectMany(trial => trial.Origins)];
        Assert.Contains(origins, origin => origin.At > origin.Step);
        Assert.Equal(training.Steps, training.Play.State.Summary.Steps);
    }

    [Fact]
    public void Failed_trials_are_not_replaced_and_not_gone_on_from()
    {
        Training<(int Begun, int Steps)> training = new(
            Definition(8, 8), static trial => (trial, 0), static (state, _) => (state.Begun, state.Steps + 1), static (state, _) => [("loss", state.Begun)])
        {
            Fails = static (trial, step) => trial == 1 && step == 3,
        };
        training.Run();

        Assert.Equal(8, training.Play.State.Trials.Count);
        Assert.Equal(TrialStatus.Failed, training.Play.State.Trials[0].Status);
        Assert.All(training.Decisions.Where(decision => decision.Action == DecisionAction.Exploit), decision => Assert.NotEqual(1, decision.From));
        Assert.Contains(training.Decisions, decision => decision.Action == DecisionAction.Exploit);
    }

    [Fact]
    public void The_population_may_be_smaller_than_the_number_of_trials()
    {
        Training<(int Begun, int Steps)> training = Ladder(Definition(10, 3, options: """{"max_t": 10, "population_size": 4}""")).Run();

        Assert.Equal(4, training.Play.State.Trials.Count);
        Assert.Equal(ExperimentStatus.Succeeded, training.Play.State.Summary.Status);
    }

    [Fact]
    public void Without_a_share_nobody_gives_way() =>
        Assert.DoesNotContain(Ladder(Definition(8, 8, options: """{"max_t": 20, "quantile_fraction": 0}""")).Run().Decisions, decision => decision.Action == DecisionAction.Exploit);

    [Fact]
    public void Missing_values_give_way_first()
    {
        Training<int> training = new(Definition(4, 4), static trial => trial, static (trial, _) => trial, static (trial, _) => trial == 1 ? [("other", 1)] : [("loss", trial)]);
        training.Run(steps: 24);

        Decision exploit = training.Decisions.First(decision => decision.Action == DecisionAction.Exploit);
        Assert.Equal((1, 2), (exploit.Trial, exploit.From));
    }

    [Fact]
    public void The_log_says_it_all()
    {
        ExperimentDefinition definition = Definition(7, 3);
        Training<(int Begun, int Steps)> training = Ladder(definition, static (trial, turn) => (trial + turn) % 3 > 0).Run();

        ExperimentState refolded = training.Play.Turns
            .Select(turn => JsonSerializer.Deserialize<Turn>(JsonSerializer.Serialize(turn, EngineJson.Options), EngineJson.Options)!)
            .Aggregate(ExperimentState.Initial(definition, Given.Start), static (state, turn) => state.Apply(turn));
        Assert.Equal(
            JsonSerializer.Serialize(ExperimentSnapshot.Of(training.Play.State), EngineJson.Options),
            JsonSerializer.Serialize(ExperimentSnapshot.Of(refolded), EngineJson.Options));
    }

    [Theory]
    [InlineData("""{"quantile_fraction": 0.6}""", "quantile_fraction")]
    [InlineData("""{"resample_probability": 2}""", "resample_probability")]
    [InlineData("""{"perturbation_interval": 0}""", "perturbation_interval")]
    [InlineData("""{"perturbation_factors": []}""", "perturbation_factors")]
    [InlineData("""{"perturbation_factors": [1.2, -1]}""", "perturbation_factors")]
    [InlineData("""{"population_size": 1}""", "population_size")]
    [InlineData("""{"max_t": 0}""", "max_t")]
    [InlineData("""{"time_attr": "time_total_s"}""", "time_attr")]
    [InlineData("""{"hyperparam_mutations": [1]}""", "hyperparam_mutations")]
    [InlineData("""{"hyperparam_mutations": {"x": []}}""", "hyperparam_mutations.x")]
    [InlineData("""{"hyperpar_mutations": {"x": {"method": "uniform", "dimension": {"low": 1, "high": 0}}}}""", "hyperpar_mutations.x.low")]
    [InlineData("""{"hyperparam_mutations": {}, "hyperpar_mutations": {}}""", "hyperpar_mutations")]
    [InlineData("""{"eta": 3}""", "eta")]
    public void Bad_options_are_refused_by_name(string options, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create("pbt", Given.Json(options)));

        Assert.Equal($"hpo_config.scheduler_param.{path}", Assert.Single(error.Faults).Path);
    }

    [Theory]
    [InlineData("""{"y": [1, 2]}""", "hyperparam_mutations.y")]
    [InlineData("""{"x": [0.5, 7]}""", "hyperparam_mutations.x")]
    [InlineData("""{"x": {"method": "categorical", "dimension": {"categories": ["a", "b"]}}}""", "hyperparam_mutations.x")]
    [InlineData("""{"c": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""", "hyperparam_mutations.c")]
    public void Mutations_that_do_not_fit_the_space_are_refused(string mutations, string path)
    {
        JsonElement options = Given.Json($$"""{"hyperparam_mutations": {{mutations}} }""");

        Assert.Equal($"hpo_config.scheduler_param.{path}", Assert.Single(TrialSchedulerRegistry.FaultsOf("pbt", options, SchedulerPlay.Space)).Path);
    }
}
