using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Engine.Tests.Projects;

public sealed class SearchGoalsTests
{
    [Fact]
    public void Metrics_are_read_in_both_forms_and_the_first_is_the_primary_one()
    {
        HpoConfig config = Parse("""{"metrics": [{"name": "loss", "mode": "min"}, "speed:max", "a:b:min"], "reference_point": [1, 0, 2.5], "constraints": ["memory"]}""");

        Assert.Equal(("loss", OptimizationMode.Min), (config.Metric, config.Mode));
        Assert.Equal([new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max), new("a:b", OptimizationMode.Min)], config.Goals.Objectives);
        Assert.Equal([1, 0, 2.5], config.Goals.ReferencePoint);
        Assert.Equal(["memory"], config.Goals.Constraints);
        Assert.True(JsonElement.DeepEquals(config.ToJson(), HpoConfig.Parse(config.ToJson()).ToJson()));
    }

    [Fact]
    public void A_single_metric_is_the_metric()
    {
        HpoConfig config = Parse("""{"metrics": [{"name": "loss", "mode": "min"}], "metric": "loss"}""");

        Assert.Equal(("loss", OptimizationMode.Min), (config.Metric, config.Mode));
        Assert.Empty(config.Goals.Objectives);
    }

    [Theory]
    [InlineData("""{"metrics": []}""", "metrics")]
    [InlineData("""{"metrics": "loss"}""", "metrics")]
    [InlineData("""{"metrics": ["a:min","b:min","c:min","d:min","e:min","f:min","g:min","h:min","i:min"]}""", "metrics")]
    [InlineData("""{"metrics": ["a:min", "a:max"]}""", "metrics")]
    [InlineData("""{"metrics": ["loss"]}""", "metrics[0]")]
    [InlineData("""{"metrics": [3]}""", "metrics[0]")]
    [InlineData("""{"metrics": [{"name": "loss"}]}""", "metrics[0].mode")]
    [InlineData("""{"metrics": [{"name": "loss", "mode": "least"}]}""", "metrics[0].mode")]
    [InlineData("""{"metrics": [{"mode": "min"}]}""", "metrics[0].name")]
    [InlineData("""{"metrics": [{"name": "loss", "mode": "min", "weight": 2}]}""", "metrics[0].weight")]
    [InlineData("""{"metrics": ["a:min", "b:min"], "metric": "b"}""", "metric")]
    [InlineData("""{"metrics": ["a:min", "b:min"], "mode": "max"}""", "mode")]
    [InlineData("""{"metrics": ["a:min", "b:min"], "reference_point": [1]}""", "reference_point")]
    [InlineData("""{"metrics": ["a:min", "b:min"], "reference_point": [1, "x"]}""", "reference_point")]
    [InlineData("""{"reference_point": [1]}""", "reference_point")]
    [InlineData("""{"metrics": ["a:min"], "reference_point": [1]}""", "reference_point")]
    [InlineData("""{"constraints": ["a", "a"]}""", "constraints")]
    [InlineData("""{"constraints": "a"}""", "constraints")]
    [InlineData("""{"warm_start": [1]}""", "warm_start[0]")]
    [InlineData("""{"warm_start": ["a", "a"]}""", "warm_start")]
    [InlineData("""{"previous_result": "a", "warm_start": "b"}""", "previous_result")]
    [InlineData("""{"previous_result": "a", "warm_start_strategy": "begin"}""", "warm_start_strategy")]
    [InlineData("""{"warm_start_strategy": "resume"}""", "warm_start_strategy")]
    [InlineData("""{"checkpoint": {"every": -1}}""", "checkpoint.every")]
    [InlineData("""{"checkpoint": {"every_s": -1}}""", "checkpoint.every_s")]
    [InlineData("""{"checkpoint": {"keep": 0}}""", "checkpoint.keep")]
    [InlineData("""{"checkpoint": {"kept": 1}}""", "checkpoint.kept")]
    [InlineData("""{"stop_grace_s": 0}""", "stop_grace_s")]
    [InlineData("""{"job_queue_sizes": [0, 0]}""", "job_queue_sizes")]
    [InlineData("""{"sites": []}""", "sites")]
    [InlineData("""{"sites": ["a", "a"]}""", "sites")]
    [InlineData("""{"sites": [{"slots": 2}]}""", "sites[0].name")]
    [InlineData("""{"sites": [{"name": "a", "slots": 0}]}""", "sites[0].slots")]
    [InlineData("""{"sites": [{"name": "a", "cost_per_hour": -1}]}""", "sites[0].cost_per_hour")]
    [InlineData("""{"sites": [{"name": "a", "price": 1}]}""", "sites[0].price")]
    [InlineData("""{"placement": "nearest"}""", "placement")]
    [InlineData("""{"max_cost": 5}""", "max_cost")]
    [InlineData("""{"max_cost": 0, "sites": [{"name": "a", "cost_per_hour": 1}]}""", "max_cost")]
    [InlineData("""{"job_queue_sizes": [1]}""", "job_queue_sizes")]
    [InlineData("""{"job_queue_sizes": [0.5, 1]}""", "job_queue_sizes")]
    [InlineData("""{"points_to_evaluate": {}}""", "points_to_evaluate")]
    [InlineData("""{"points_to_evaluate": [1]}""", "points_to_evaluate[0]")]
    [InlineData("""{"points_to_evaluate": [{"lr": 1}, {"lr": 1}]}""", "points_to_evaluate[1]")]
    [InlineData("""{"points_to_evaluate": [], "algorithm_param": {"points_to_evaluate": []}}""", "points_to_evaluate")]
    public void What_is_wrong_is_named(string json, string path) =>
        Assert.Equal($"hpo_config.{path}", Assert.Single(Assert.Throws<InvalidInputException>(() => Parse(json)).Faults).Path);

    [Fact]
    public void A_point_that_is_given_again_names_the_first_also_after_faulty_ones()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Project("""{"points_to_evaluate": [{"lr": 7}, {"lr": 1}, {"lr": 1}]}"""));

        Assert.EndsWith("is the same as hpo_config.points_to_evaluate[1]", error.Faults.Single(fault => fault.Path.EndsWith("[2]", StringComparison.Ordinal)).Rule, StringComparison.Ordinal);
        Assert.Contains("low", error.Faults.Single(fault => fault.Path.EndsWith("[0].lr", StringComparison.Ordinal)).Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_are_checked_against_the_space_with_all_other_faults()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Project(
            """{"num_trials": 0, "points_to_evaluate": [{"lr": 0.5}, {"lr": 2}, {"lr": 0.5, "rate": 1}, {"lr": "x", "momentum": 0.5}, {"lr": 0.50}]}"""));

        string[] expected =
        [
            "hpo_config.points_to_evaluate[1].lr", "hpo_config.points_to_evaluate[2].rate", "hpo_config.points_to_evaluate[3].momentum",
            "hpo_config.points_to_evaluate[3].lr", "hpo_config.points_to_evaluate[4]", "hpo_config.num_trials",
        ];
        Assert.Equal(expected.Order(), error.Faults.Select(fault => fault.Path).Order());
    }

    [Fact]
    public void Points_may_stand_among_the_options_of_any_algorithm()
    {
        ProjectDocument project = Project("""{"algorithm": "sobol", "algorithm_param": {"points_to_evaluate": [{"lr": 1}]}}""");

        Assert.Equal("""{"lr":1.0}""", Assert.Single(project.ToDefinition("a", RunOverrides.None, 1).InitialPoints).ToJson());
        Assert.Empty(project.Hpo.AlgorithmParam!.Value.EnumerateObject());
        Assert.Equal(
            "hpo_config.algorithm_param.points_to_evaluate[0].lr",
            Assert.Single(Assert.Throws<InvalidInputException>(() => Project("""{"algorithm_param": {"points_to_evaluate": [{"lr": 7}]}}""")).Faults).Path);
    }

    [Fact]
    public void Definition_carries_everything_and_survives_its_json()
    {
        ExperimentDefinition definition = Project(
            """
            {"metrics": ["loss:min", "speed:max"], "reference_point": [1, 0], "constraints": ["memory"], "points_to_evaluate": [{"lr": 1}, {"optimizer": "sgd", "momentum": 1}],
             "warm_start": "earlier"}
            """).ToDefinition("a", RunOverrides.None, 1);

        string json = JsonSerializer.Serialize(definition, EngineJson.Options);
        ExperimentDefinition read = JsonSerializer.Deserialize<ExperimentDefinition>(json, EngineJson.Options)!;

        Assert.Equal(json, JsonSerializer.Serialize(read, EngineJson.Options));
        Assert.Equal([new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)], read.Objectives);
        Assert.Equal([1, 0], read.ReferencePoint);
        Assert.Equal(["memory"], read.Constraints);
        Assert.Equal(definition.InitialPoints, read.InitialPoints);
    }

    [Fact]
    public void Rules_of_running_trials_reach_the_definition_and_are_written_back()
    {
        const string hpo = """{"checkpoint": {"every": 5, "every_s": 2.5, "keep": 3, "keep_completed": false}, "stop_grace_s": 2.5, "job_queue_sizes": [0, 4], "sites": [{"name": "pool", "slots": 8, "cost_per_hour": 2.5, "labels": ["gpu"]}, "local"], "placement": "cheapest", "max_cost": 100, "previous_result": "before", "warm_start_strategy": "resume"}""";

        ExperimentDefinition definition = Project(hpo).ToDefinition("a", RunOverrides.None, 1);
        ExperimentDefinition again = ProjectDocument.Parse(Project(hpo).ToJson()).ToDefinition("a", RunOverrides.None, 1);

        Assert.Equal(new CheckpointRules { Every = 5, EverySeconds = 2.5, Keep = 3, KeepCompleted = false }, definition.Checkpoint);
        Assert.Equal(TimeSpan.FromSeconds(2.5), definition.Limits.StopGrace);
        Assert.Equal(new QueueSizes(0, 4), definition.QueueSizes);
        Assert.Equal((WarmStartStrategy.Resume, "before"), (definition.WarmStart!.Strategy, definition.WarmStart.Experiments.Single()));
        Assert.Equal((definition.Checkpoint, definition.Limits, definition.QueueSizes), (again.Checkpoint, again.Limits, again.QueueSizes));
        Assert.Equal(("pool", PlacementPolicy.Cheapest, 100.0), (again.Site, again.Placement, again.Stopping.MaxCost));
        Assert.Equal([("pool", 8, 2.5, "gpu"), ("local", null, 0, "")], again.Sites.Select(site => (site.Name, site.Slots, site.CostPerHour, string.Join(" ", site.Labels))));
        Assert.Equal((WarmStartStrategy.Resume, "before"), (again.WarmStart!.Strategy, again.WarmStart.Experiments.Single()));
    }

    [Fact]
    public void A_run_names_the_experiment_to_go_on_from_in_place_of_the_project()
    {
        ProjectDocument project = Project("""{"warm_start": ["one", "two"]}""");

        Assert.Equal(["one", "two"], project.ToDefinition("a", RunOverrides.None, 1).WarmStart!.Experiments);
        WarmStart run = project.ToDefinition("a", RunOverrides.None with { PreviousResult = "three" }, 1).WarmStart!;
        Assert.Equal((WarmStartStrategy.Continue, "three"), (run.Strategy, run.Experiments.Single()));
    }

    private static HpoConfig Parse(string json) => HpoConfig.Parse(Json(json));

    private static ProjectDocument Project(string hpo) => ProjectDocument.Parse(Json(
        $$$"""
        {
          "project_name": "p", "model_config": {"script": "train", "model": "f"}, "hpo_config": {{{hpo}}},
          "search_space": {
            "optimizer": {"method": "categorical", "dimension": {"categories": ["sgd", "adam"]}},
            "momentum": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"optimizer": ["sgd"]}},
            "lr": {"method": "uniform", "dimension": {"low": 0, "high": 1}}
          }
        }
        """));

    private static JsonElement Json(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
