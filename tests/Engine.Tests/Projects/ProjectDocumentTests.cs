using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Engine.Tests.Projects;

public sealed class ProjectDocumentTests
{
    private const string Space = """{"lr": {"method": "loguniform", "dimension": {"low": 1e-5, "high": 0.01, "base": 10}}}""";
    private const string Minimal = $$"""{"project_name": "p", "model_config": {"script": "train", "model": "f"}, "search_space": {{Space}}}""";

    [Fact]
    public void Parse_minimal_document_has_the_documented_defaults()
    {
        ProjectDocument project = Parse(Minimal);

        Assert.Equal("random", project.Hpo.Algorithm);
        Assert.Equal("accuracy", project.Hpo.Metric);
        Assert.Equal(OptimizationMode.Max, project.Hpo.Mode);
        Assert.Equal("asynchyperband", project.Hpo.Scheduler);
        Assert.Equal(100, project.Hpo.NumTrials);
        Assert.Equal(3, project.Hpo.MaxConcurrent);
        Assert.Equal(1.0, Assert.Single(project.Hpo.Stop, pair => pair.Key == "training_iteration").Value);
        Assert.Empty(project.Grid.Sites);
    }

    [Fact]
    public void Parse_collects_the_faults_of_all_documents_at_once()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Parse("""
            {
              "project_name": "../p", "extra": 1,
              "model_config": {"script": "../train.py", "param": []},
              "search_space": {"lr": {"method": "uniform", "dimension": {"low": 1, "high": 1}}},
              "hpo_config": {"num_trials": 0, "max_concurrent": "3", "mode": "maximise", "stop": {"loss": "x"}, "algorithm": "telepathy", "metrics": "loss"},
              "grid_config": {"retry": "yes"}
            }
            """));

        string[] paths = [.. error.Faults.Select(fault => fault.Path)];
        string[] expected =
        [
            "project_name", "extra", "model_config.script", "model_config.param", "model_config.model", "hpo_config.num_trials", "hpo_config.max_concurrent",
            "hpo_config.mode", "hpo_config.stop.loss", "hpo_config.algorithm", "hpo_config.metrics", "grid_config.retry",
        ];
        Assert.Empty(expected.Except(paths));
        Assert.Contains(paths, path => path.StartsWith("search_space.lr", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("num_trials", "-1")]
    [InlineData("num_trials", "1.5")]
    [InlineData("num_trials", "true")]
    [InlineData("max_concurrent", "0")]
    [InlineData("metric", "\"\"")]
    [InlineData("verbose", "-1")]
    [InlineData("stop", "[]")]
    [InlineData("resource", "{\"cpu\": -1}")]
    [InlineData("scheduler", "\"asynchronous\"")]
    [InlineData("scheduler_param", "3")]
    [InlineData("algorithm_param", "\"{\"")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "9223372036854775808")]
    [InlineData("time_limit_s", "0")]
    [InlineData("target", "\"low\"")]
    [InlineData("plateau", "{\"min_delta\": 1}")]
    [InlineData("plateau", "{\"trials\": 0}")]
    [InlineData("max_failure_rate", "{\"rate\": 1.5}")]
    [InlineData("max_failure_rate", "0.5")]
    [InlineData("trial_memory_limit_mb", "0")]
    [InlineData("log_limit_mb", "0")]
    [InlineData("job_retries", "-1")]
    [InlineData("isolate", "\"yes\"")]
    [InlineData("extra_metrics", "\"loss\"")]
    public void Parse_refuses_a_value_of_hpo_config_that_is_out_of_its_range(string key, string value)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => HpoConfig.Parse(Json($$"""{"{{key}}": {{value}}}""")));

        Fault fault = Assert.Single(error.Faults);
        Assert.StartsWith($"hpo_config.{key}", fault.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_refuses_unknown_options_of_the_scheduler()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => HpoConfig.Parse(Json("""{"scheduler_param": {"max_t": 9, "patience": 3}}""")));

        Assert.Equal("hpo_config.scheduler_param.patience", Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void Parse_refuses_a_key_that_is_given_twice()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => HpoConfig.Parse(Json("""{"metric": "a", "metric": "b"}""")));

        Assert.Equal(new("hpo_config.metric", "\"b\"", "is given twice"), Assert.Single(error.Faults));
    }

    [Theory]
    [InlineData("null", "none")]
    [InlineData("\"None\"", "none")]
    [InlineData("\"none\"", "none")]
    [InlineData("\"asynchyperband\"", "asynchyperband")]
    public void Parse_knows_every_spelling_of_no_scheduler(string written, string read) =>
        Assert.Equal(read, HpoConfig.Parse(Json($$"""{"scheduler": {{written}}}""")).Scheduler);

    [Theory]
    [InlineData("""{"script": "a.py"}""", "model_config.model")]
    [InlineData("""{"model": "f"}""", "model_config.script")]
    [InlineData("""{"script": "/etc/a.py", "model": "f"}""", "model_config.script")]
    [InlineData("""{"script": "a/../../b.py", "model": "f"}""", "model_config.script")]
    [InlineData("""{"script": "a.py", "model": "f()"}""", "model_config.model")]
    [InlineData("""{"command": []}""", "model_config.command")]
    [InlineData("""{"command": ["sh", 1]}""", "model_config.command[1]")]
    [InlineData("""{"command": ["sh"], "script": "a.py", "model": "f"}""", "model_config.command")]
    public void Parse_demands_one_program(string model, string path)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => Parse(
            $$"""{"project_name": "p", "model_config": {{model}}, "search_space": {{Space}}}"""));

        Assert.Contains(path, error.Faults.Select(fault => fault.Path));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("null")]
    public void Parse_refuses_what_is_no_object(string json) => Assert.Throws<InvalidInputException>(() => Parse(json));

    [Fact]
    public void Parse_takes_the_name_from_the_request_and_refuses_another_one()
    {
        Assert.Equal("p", ProjectDocument.Parse(Json(Minimal.Replace("\"project_name\": \"p\", ", string.Empty, StringComparison.Ordinal)), "p").Name);

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => ProjectDocument.Parse(Json(Minimal), "q"));
        Assert.Equal("project_name", Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void ToJson_gives_back_a_complete_document_as_it_was()
    {
        const string Complete = """
            {
              "project_name": "mnist", "scripts_path": "scripts/",
              "model_config": {"script": "train.py", "model": "Net", "param": {"epochs": 3, "deep": {"a": [1, 2.5, null]}}},
              "search_space": {"lr": {"method": "loguniform", "dimension": {"low": 1e-05, "high": 0.01, "base": 10}}, "h": {"method": "categorical", "dimension": {"categories": [32, 64], "grid_search": 0}}},
              "hpo_config": {"algorithm": "random", "metric": "loss", "mode": "min", "scheduler": "asynchyperband", "num_trials": 20, "max_concurrent": 4, "log_dir": "./log", "verbose": 1, "stop": {"training_iteration": 5}, "resource": {"cpu": 1, "gpu": 0.5}, "scheduler_param": {"max_t": 9}, "algorithm_param": {}, "extra_metrics": ["accuracy"]},
              "grid_config": {"site": "A,B", "container": "image:1", "retry": 1, "inDS": null, "outDS": "user.me.{HPO_PROJECT_NAME}"}
            }
            """;

        Assert.True(JsonElement.DeepEquals(Json(Complete), Parse(Complete).ToJson()), Parse(Complete).ToJson().GetRawText());
    }

    [Fact]
    public void ToJson_round_trips_every_optional_member()
    {
        ProjectDocument project = Parse($$"""
            {
              "project_name": "p", "model_config": {"command": ["./run.sh", "-v"]}, "search_space": {{Space}},
              "hpo_config": {"scheduler": null, "stop": {}, "log_dir": null, "seed": 7, "time_limit_s": 1.5, "target": -1, "plateau": {"trials": 10, "min_delta": 0.5},
                "max_failure_rate": {"rate": 0.25, "min_trials": 4}, "trial_time_limit_s": 60, "trial_memory_limit_mb": 512, "log_limit_mb": 2, "job_retries": 0, "isolate": true},
              "grid_config": {"site": ["A", "B"], "extra": {"nCore": 8} }
            }
            """);

        JsonElement written = project.ToJson();

        Assert.True(JsonElement.DeepEquals(written, ProjectDocument.Parse(written).ToJson()));
        JsonElement hpo = written.GetProperty("hpo_config");
        Assert.Equal("none", hpo.GetProperty("scheduler").GetString());
        Assert.Empty(hpo.GetProperty("stop").EnumerateObject());
        Assert.Equal(JsonValueKind.Null, hpo.GetProperty("log_dir").ValueKind);
        Assert.Equal(1.5, hpo.GetProperty("time_limit_s").GetDouble());
        Assert.Equal("A,B", written.GetProperty("grid_config").GetProperty("site").GetString());
        Assert.Equal(8, written.GetProperty("grid_config").GetProperty("extra").GetProperty("nCore").GetInt32());
    }

    [Fact]
    public void ToDefinition_carries_every_rule_and_limit()
    {
        ProjectDocument project = Parse($$"""
            {
              "project_name": "p", "model_config": {"script": "train", "model": "f", "param": {"x": 1} }, "search_space": {{Space}},
              "hpo_config": {"metric": "loss", "mode": "min", "seed": 7, "time_limit_s": 60, "target": -1, "plateau": {"trials": 10}, "max_failure_rate": {"rate": 0.25 },
                "trial_time_limit_s": 5, "trial_memory_limit_mb": 512, "log_limit_mb": 2, "job_retries": 1, "isolate": true}
            }
            """);

        ExperimentDefinition definition = project.ToDefinition("scripts/p.zip", RunOverrides.None, 99);

        Assert.Equal(7ul, definition.Seed);
        Assert.Equal((TimeSpan.FromMinutes(1), -1, new PlateauRule(10), new FailureRule(0.25)), (definition.Stopping.Time, definition.Stopping.Target, definition.Stopping.Plateau, definition.Stopping.Failures));
        Assert.Equal(new() { Time = TimeSpan.FromSeconds(5), MemoryMiB = 512, LogMiB = 2, Retries = 1, Isolate = true }, definition.Limits);
        Assert.Equal(("scripts/p.zip", "train.py", "f"), (definition.Program.Scripts, definition.Program.Script, definition.Program.Model));
        Assert.Equal(1, definition.Program.Param!.Value.GetProperty("x").GetInt32());
        Assert.Equal("local", definition.Site);
    }

    [Fact]
    public void ToDefinition_lets_the_run_decide_before_the_project_and_the_default()
    {
        RunOverrides overrides = new(Seed: 3, MaxConcurrent: 8, TimeLimit: TimeSpan.FromSeconds(9), NumTrials: 5, Isolate: true);

        ExperimentDefinition changed = Parse(Minimal).ToDefinition("a", overrides, 99);
        ExperimentDefinition plain = Parse(Minimal).ToDefinition("a", RunOverrides.None, 99);

        Assert.Equal((3ul, 8, 5, TimeSpan.FromSeconds(9), true), (changed.Seed, changed.MaxConcurrent, changed.NumTrials, changed.Stopping.Time, changed.Limits.Isolate));
        Assert.Equal((99ul, 3, 100, null, false), (plain.Seed, plain.MaxConcurrent, plain.NumTrials, plain.Stopping.Time, plain.Limits.Isolate));
    }

    [Fact]
    public void ToDefinition_lists_all_overrides_that_are_out_of_range()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() =>
            Parse(Minimal).ToDefinition("a", new(ulong.MaxValue, 0, TimeSpan.Zero, -1), 1));

        Assert.Equal(["seed", "max_concurrent", "time_limit_s", "num_trials"], error.Faults.Select(fault => fault.Path));
    }

    [Fact]
    public void ToDefinition_failure_rate_1_switches_the_rule_off() =>
        Assert.Null(HpoConfig.Parse(Json("""{"max_failure_rate": {"rate": 1}}""")).Extras.ToStoppingRules().Failures);

    private static ProjectDocument Parse(string json) => ProjectDocument.Parse(Json(json));

    private static JsonElement Json(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
