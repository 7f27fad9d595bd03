using System.Text.Json;
using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Scheduling.Population;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

/// <summary>What pb2 learns from, and where it may look.</summary>
public sealed class IntervalTableTests
{
    private static Configuration X(double value) => Configuration.Of(("x", ParameterValue.Of(value)));

    [Fact]
    public void Intervals_have_the_gain_a_step_and_the_configuration_of_their_time()
    {
        // Trial 1 goes on from trial 2 after step 4; intervals of two steps.
        ScheduledReport[] reports = [new(1, 1, 10), new(1, 2, 8), new(1, 3, 8), new(1, 4, 7), new(2, 1, 5), new(2, 2, 4), new(2, 3, 3), new(2, 4, 2), new(1, 5, 1.5), new(1, 6, 1), new(1, 7, 0)];
        CurveTable curves = new(static point => point.Value);
        curves.Update([.. reports]);
        SchedulerContext context = new()
        {
            Seed = 1,
            Space = SchedulerPlay.Space,
            Trials = new([new Trial { Number = 1, Configuration = X(0.3), Origins = [new(4, 2, X(0.1), 4)] }, new Trial { Number = 2, Configuration = X(0.2) }]),
            Reports = [.. reports],
            Running = [],
            Paused = [],
            FreeSlots = 0,
            CreatableTrials = 0,
            NextTrial = 3,
        };

        IntervalResult[] rows = IntervalTable.Of(context, curves, new PopulationOptions(2, 0.25, 100, 0), most: 100);

        Assert.Equal(
            [
                new(1, 2, 10, 2, X(0.1)), new(2, 2, 5, 1, X(0.2)),
                new(1, 4, 8, 0.5, X(0.1)), new(2, 4, 4, 1, X(0.2)),
                new(1, 6, 2, 0.5, X(0.3)),
            ],
            rows);
        Assert.Equal(rows[^2..], IntervalTable.Of(context, curves, new PopulationOptions(2, 0.25, 100, 0), most: 2));
    }

    [Fact]
    public void New_configurations_stay_inside_the_bounds_and_keep_what_has_none()
    {
        ExperimentDefinition definition = Given.Definition(8, 8) with
        {
            Space = SearchSpace.Parse("""{"lr": {"method": "loguniform", "dimension": {"low": 0.001, "high": 1}}, "other": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}"""),
            Scheduler = new("pb2", Given.Json("""{"max_t": 40, "hyperparam_bounds": {"lr": [0.01, 0.1]}}""")),
        };
        Training<double> training = new(definition, static _ => 1, static (loss, config) => loss * (1 - (0.1 * config["lr"].AsDouble())), static (loss, _) => [("loss", loss)]);
        training.Run();

        Decision[] exploits = [.. training.Decisions.Where(decision => decision.Action == DecisionAction.Exploit)];
        Assert.InRange(exploits.Length, 5, 100);
        Assert.All(exploits, exploit => Assert.InRange(exploit.Configuration!["lr"].AsDouble(), 0.01 - 1e-12, 0.1 + 1e-12));
        HashSet<ParameterValue> others = [.. training.Decisions.Where(decision => decision.Action == DecisionAction.Start).Select(decision => decision.Configuration!["other"])];
        Assert.All(exploits, exploit => Assert.Contains(exploit.Configuration!["other"], others));
    }

    [Theory]
    [InlineData("""{"hyperparam_bounds": [1]}""", "hyperparam_bounds")]
    [InlineData("""{"hyperparam_bounds": {"x": [1, 0]}}""", "hyperparam_bounds.x")]
    [InlineData("""{"hyperparam_bounds": {"x": 1}}""", "hyperparam_bounds.x")]
    [InlineData("""{"resample_probability": 0.5}""", "resample_probability")]
    public void Bad_options_are_refused_by_name(string options, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create("pb2", Given.Json(options)));

        Assert.Equal($"hpo_config.scheduler_param.{path}", Assert.Single(error.Faults).Path);
    }

    private static readonly SearchSpace EveryNumber = SearchSpace.Parse(
        """
        {"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "n": {"method": "uniformint", "dimension": {"low": 1, "high": 100}},
         "q": {"method": "quniform", "dimension": {"low": 0.1, "high": 1, "q": 0.25}}, "lq": {"method": "qloguniform", "dimension": {"low": 1, "high": 10, "q": 1}},
         "l": {"method": "loguniform", "dimension": {"low": 0.001, "high": 0.1}}, "ln": {"method": "lognormal", "dimension": {"mu": 0, "sigma": 1}},
         "normal": {"method": "normal", "dimension": {"mu": 0, "sigma": 1}}}
        """);

    [Theory]
    [InlineData("y")]
    [InlineData("c")]
    public void Bounds_of_what_is_no_number_are_refused(string name)
    {
        JsonElement options = Given.Json($$"""{"hyperparam_bounds": {"{{name}}": [0, 1]} }""");

        Assert.Equal($"hpo_config.scheduler_param.hyperparam_bounds.{name}", Assert.Single(TrialSchedulerRegistry.FaultsOf("pb2", options, SchedulerPlay.Space)).Path);
    }

    [Theory]
    [InlineData("x", "[0, 1.5]", "[0, 1]")]
    [InlineData("x", "[-0.5, 1]", "[0, 1]")]
    [InlineData("x", "[2, 3]", "[0, 1]")]
    [InlineData("n", "[0, 50]", "[1, 100]")]
    [InlineData("q", "[0, 0.5]", "[0.1, 1]")]
    [InlineData("lq", "[1, 20]", "[1, 10]")]
    [InlineData("l", "[0, 0.1]", "[0.001, 0.1]")]
    [InlineData("ln", "[-1, 1]", "[0, Infinity]")]
    public void Bounds_outside_the_range_are_refused_with_the_range(string name, string bounds, string range)
    {
        Fault fault = Assert.Single(TrialSchedulerRegistry.FaultsOf("pb2", Bounds(name, bounds), EveryNumber));

        Assert.Equal(($"hpo_config.scheduler_param.hyperparam_bounds.{name}", bounds), (fault.Path, fault.Value));
        Assert.EndsWith(range, fault.Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "[0, 1]")]
    [InlineData("n", "[1, 100]")]
    [InlineData("n", "[1.5, 99.5]")]
    [InlineData("q", "[0.1, 1]")]
    [InlineData("lq", "[1, 10]")]
    [InlineData("l", "[0.001, 0.1]")]
    [InlineData("ln", "[0, 1e9]")]
    [InlineData("normal", "[-1e9, 1e9]")]
    public void Bounds_inside_the_range_are_taken(string name, string bounds) => Assert.Empty(TrialSchedulerRegistry.FaultsOf("pb2", Bounds(name, bounds), EveryNumber));

    private static JsonElement Bounds(string name, string bounds) => Given.Json($$"""{"hyperparam_bounds": {"{{name}}": {{bounds}}} }""");
}
