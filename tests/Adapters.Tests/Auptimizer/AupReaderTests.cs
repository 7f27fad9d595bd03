using System.Text.Json.Nodes;
using HpoServerless.Adapters.Auptimizer;
using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Tests.Auptimizer;

public sealed class AupReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-aup-").FullName;
    private string[] _installed = [];

    public AupReaderTests()
    {
        Write("train.py", "#!/usr/bin/env python3\n");
        Write("more/helper.txt", "x");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("random", """ "n_samples": 7 """, "random", "none", 7)]
    [InlineData("RANDOM", """ "n_samples": 7 """, "random", "none", 7)]
    [InlineData("spearmint", """ "n_samples": 7 """, "gp", "none", 7)]
    [InlineData("spearmint", """ "n_samples": 7, "engine": "SequentialChooser" """, "sobol", "none", 7)]
    [InlineData("spearmint", """ "n_samples": 7, "engine": "RandomChooser" """, "random", "none", 7)]
    [InlineData("hyperopt", """ "n_samples": 7 """, "tpe", "none", 7)]
    [InlineData("sequence", """ "n_parallel": 2 """, "grid", "none", 22)]
    [InlineData("hyperband", """ "n_parallel": 2 """, "random", "hyperband", 143)]
    [InlineData("hyperband", """ "max_iter": 9, "eta": 3 """, "random", "hyperband", 17)]
    [InlineData("bohb", """ "n_parallel": 2 """, "bohb", "bohbhyperband", 123)]
    [InlineData("bohb", """ "min_budget": 1, "max_budget": 9, "n_iterations": 3, "min_points_in_model": "", "top_n_percent": 15, "num_samples": 64, "random_fraction": 0.3333, "bandwidth_factor": 3, "min_bandwidth": 0.001, "eta": 3 """, "bohb", "bohbhyperband", 15)]
    public void A_proposer_is_an_algorithm_a_scheduler_and_a_number_of_trials(string proposer, string keys, string algorithm, string scheduler, int trials)
    {
        HpoConfig hpo = Read($$""" "proposer": "{{proposer}}", {{keys}} """).Project.Hpo;
        Assert.Equal((algorithm, scheduler, trials), (hpo.Algorithm, hpo.Scheduler, hpo.NumTrials));
        Assert.Equal((AupReader.Metric, OptimizationMode.Min, 0ul), (hpo.Metric, hpo.Mode, hpo.Extras.Seed));
        Assert.Empty(hpo.Stop);
    }

    [Theory]
    [InlineData("""{"name": "x", "type": "int", "range": [1, 10]}""", 10)]
    [InlineData("""{"name": "x"}""", 2)]
    [InlineData("""{"name": "x", "type": "int", "range": [0, 10], "n": 4}""", 4)]
    [InlineData("""{"name": "x", "type": "int", "range": [0, 10], "n": 5}""", 5)]
    [InlineData("""{"name": "x", "type": "int", "range": [0, 10], "interval": 3}""", 4)]
    [InlineData("""{"name": "x", "type": "float", "range": [0, 1], "n": 11}""", 11)]
    [InlineData("""{"name": "x", "type": "float", "range": [0, 1], "interval": 0.1}""", 11)]
    [InlineData("""{"name": "x", "type": "float", "range": [0.5, 0.5], "n": 3}""", 1)]
    [InlineData("""{"name": "x", "type": "choice", "range": ["a", "b", 3]}""", 3)]
    [InlineData("""{"name": "x", "range": [1, 3]}, {"name": "y", "type": "float", "range": [0, 1], "n": 5}""", 15)]
    public void A_sequence_has_as_many_jobs_as_its_grid_has_points(string parameters, int size) =>
        Assert.Equal(size, Read(""" "proposer": "sequence" """, parameters).Project.Hpo.NumTrials);

    [Fact]
    public void The_space_has_both_ends_of_whole_numbers_and_fixed_values()
    {
        SearchSpace space = Read(
            """ "proposer": "hyperopt", "n_samples": 3 """,
            """{"name": "a", "range": [1, 10]}, {"name": "b", "type": "float", "range": [-1.5, 2], "size": 1}, {"name": "c", "type": "choice", "range": [8, "b"]}, {"name": "d", "type": "float", "range": [2, 2]}""").Project.Space;
        Assert.Equal(["a", "b", "c", "d"], space.Parameters.Select(p => p.Name));
        Configuration high = space.Decode([1, 1, 1]);
        Assert.Equal(("10", "\"b\"", "2"), (high["a"].ToJson(), high["c"].ToJson(), high["d"].ToJson()));
        Assert.Equal(2, double.Parse(high["b"].ToJson()), 9);
    }

    [Theory]
    [InlineData("bandit", """ "bandit_factor": 0.3 """, """ "bandit_factor":0.3 """)]
    [InlineData("median", """ "warmup": 4 """, """ "min_trials":1 """)]
    [InlineData("truncation", """ "truncation_percentage": 0.7 """, """ "truncation_percentage":0.7 """)]
    [InlineData("curve_fitting", """ "curve_fitting_max_iters": 235, "curve_fitting_threshold": 0.95, "curve_fitting_timeout": 60 """, """ "curve_fitting_max_iters":235 """)]
    public void A_policy_is_a_scheduler(string policy, string options, string option)
    {
        HpoConfig hpo = Read($$""" "proposer": "random", "n_samples": 5, "resource_args": {"early_stop": {"aup_policy": "{{policy}}", "aup_policy_steps": 3, {{options}} } } """).Project.Hpo;
        Assert.Equal(policy, hpo.Scheduler);
        string param = hpo.SchedulerParam!.Value.GetRawText();
        Assert.Contains("\"interval_steps\":3", param, StringComparison.Ordinal);
        Assert.Contains(option.Trim(), param, StringComparison.Ordinal);
    }

    [Fact]
    public void What_means_nothing_is_said()
    {
        AupExperiment experiment = Read(
            """
            "proposer": "bohb", "n_samples": 5, "grid_size": 100, "max_iter": 3,
            "resource_args": {"one_shot": true, "shutdown": true, "track_intermediate_results": true, "early_stop": {"aup_policy": "median", "aup_policy_steps": 1, "bandit_factor": 0.5}},
            "runtime_args": {"overwrite": true}
            """,
            """{"name": "x", "n": 4}""");
        foreach (string word in new[] { "n_samples", "grid_size", "max_iter", "one_shot", "shutdown", "early_stop is left out", "bandit_factor", "overwrite", "parameter_config[0]", "at least 1" })
        {
            Assert.Contains(experiment.Remarks, remark => remark.Contains(word, StringComparison.Ordinal));
        }

        Assert.Equal("bohbhyperband", experiment.Project.Hpo.Scheduler);
    }

    [Fact]
    public void Every_fault_is_told()
    {
        string[] paths = Faults("""
            {
              "proposer": "magic", "target": "best", "resource": "cloud", "script": "missing.py", "n_parallel": 0, "random_seed": -1, "color": 1,
              "job_failure": {"job_retries": -1, "retries": 1},
              "resource_args": {"multi_res_labels": ["score"], "early_stop": {"aup_policy": "hope"}, "speed": 1},
              "parameter_config": [{"type": "float", "range": [2, 1]}, {"name": "b", "range": [0.5, 1]}, {"name": "b", "kind": 1}]
            }
            """);
        foreach (string path in new[]
                 {
                     "name", "proposer", "target", "resource", "script", "n_parallel", "random_seed", "color", "n_samples", "job_failure.job_retries", "job_failure.retries", "resource_args.multi_res_labels",
                     "resource_args.early_stop.aup_policy", "resource_args.early_stop.aup_policy_steps", "resource_args.speed", "parameter_config[0].name", "parameter_config[0].range",
                     "parameter_config[1].range", "parameter_config[2].name", "parameter_config[2].kind",
                 })
        {
            Assert.Contains(path, paths);
        }
    }

    [Theory]
    [InlineData(""" "proposer": "random" """, "n_samples")]
    [InlineData(""" "proposer": "eas", "n_samples": 3 """, "proposer")]
    [InlineData(""" "proposer": "hyperband" """, "parameter_config", """{"name": "n_iterations"}""")]
    [InlineData(""" "proposer": "random", "n_samples": 3, "resource_args": {"save_model": true} """, "parameter_config", """{"name": "save_model"}""")]
    [InlineData(""" "proposer": "bohb", "min_budget": 2, "max_budget": 1 """, "max_budget")]
    [InlineData(""" "proposer": "random", "n_samples": 3, "resource_args": {"early_stop": {"aup_policy": "curve_fitting", "aup_policy_steps": 1}} """, "resource_args.early_stop.curve_fitting_max_iters")]
    [InlineData(""" "proposer": "random", "n_samples": 3, "runtime_args": {"env": {"1A": "x"}} """, "runtime_args.env")]
    [InlineData(""" "proposer": "random", "n_samples": 3, "workingdir": "nowhere" """, "workingdir")]
    [InlineData(""" "proposer": "bohb", "top_n_percent": 1000 """, "top_n_percent")]
    [InlineData(""" "proposer": "random", "n_samples": 3, "resource_args": {"early_stop": {"aup_policy": "truncation", "aup_policy_steps": 1, "truncation_percentage": 7}} """, "resource_args.early_stop.truncation_percentage")]
    [InlineData(""" "proposer": "random", "n_samples": 3 """, "parameter_config[1]", """{"name": "x"}, {"name": "y", "type": "float", "range": [0, 1e400]}""")]
    public void What_cannot_be_meant_is_refused(string keys, string path, string parameters = """{"name": "x"}""") => Assert.Contains(path, Faults(File(keys, parameters)));

    [Fact]
    public void Names_lose_what_projects_cannot_have()
    {
        string name = Read(""" "proposer": "sequence" """, name: "./2d opt/exp_bohb.json").Project.Name;
        Assert.Equal("2d-opt-exp_bohb.json", name);
    }

    [Theory]
    [InlineData(null, "0.0", 1)]
    [InlineData("""{"ignore_fail": true}""", "1", 0)]
    [InlineData("""{"job_retries": 2}""", "0.0", 1)]
    public void The_first_failed_job_fails_the_experiment_unless_failures_are_ignored(string? failure, string rate, int minTrials)
    {
        AupExperiment experiment = Read($$""" "proposer": "sequence"{{(failure is null ? string.Empty : $", \"job_failure\": {failure}")}} """);
        FailureRule rule = experiment.Project.Hpo.Extras.MaxFailureRate!;
        Assert.Equal(double.Parse(rate), rule.Rate);
        Assert.True(minTrials == 0 || rule.MinTrials == minTrials);
        Assert.Equal(failure?.Contains("retries", StringComparison.Ordinal) == true ? 2 : 0, experiment.Job.Retries);
    }

    [Fact]
    public void Cards_are_those_of_the_mapping()
    {
        Environment("gpu_mapping = {\"1\": \"0\", \"2\": \"0\", \"3\": \"2\"}");
        AupExperiment experiment = Read(""" "proposer": "sequence" """, resource: "gpu");
        Assert.Equal("""{"type":"gpu","gpus":"0,2","jobs_per_gpu":"2,1","n_parallel":3}""", experiment.Site!.Settings!.ToJsonString());
        Assert.Equal("aup-gpu", Assert.Single(experiment.Project.Hpo.Placement.Sites).Name);

        Environment("gpu_mapping = {\"1\": \"0,1\", \"2\": \"2,3\"}");
        experiment = Read(""" "proposer": "sequence" """, resource: "gpu");
        Assert.Equal(2, experiment.Project.Hpo.Resource!["gpu"]);
    }

    [Fact]
    public void Nodes_are_those_of_the_mapping_with_the_options_of_connections()
    {
        Environment("node_mapping: {\"1\": \"ann@host1:2222 key\", \"2\": \"ann@host2\"}");
        AupExperiment experiment = Read(
            """ "proposer": "sequence", "workingdir": "/data/aup", "resource_args": {"max_retries": 2, "reconn_wait_time": 3, "async_timeout": 5}, "runtime_args": {"overwrite": true} """, resource: "node");
        Assert.Equal("""{"max_retries":2,"reconn_wait_time":3,"overwrite":true,"type":"ssh","nodes":["ann@host1:2222 key","ann@host2"]}""", experiment.Site!.Settings!.ToJsonString());
        Assert.Equal(("/data/aup", _folder), (experiment.Job.WorkingDirectory, experiment.Job.Folder));
        Assert.Contains(experiment.Remarks, remark => remark.Contains("async_timeout", StringComparison.Ordinal));

        experiment = Read(""" "proposer": "sequence", "resource_args": {"async_run": true, "async_timeout": 5} """, resource: "node");
        Assert.Equal("""{"async_run":true,"async_timeout":5}""", Only(experiment.Site!.Settings!, "async_run", "async_timeout"));
    }

    [Fact]
    public void Instances_are_those_of_the_mapping_and_the_installation_takes_them()
    {
        Environment("aws_mapping = {\"1\": \"ubuntu@i-0123456789abcdef0\"}");
        AupExperiment experiment = Read(""" "proposer": "sequence", "resource_args": {"shutdown": true, "connection_retry": 5}, "runtime_args": {"prescript": "source .profile"} """, resource: "aws");
        JsonObject settings = experiment.Site!.Settings!;
        Assert.Equal("""{"connection_retry":null,"stop_after":true,"start_timeout":150,"type":"aws"}""", Only(settings, "connection_retry", "stop_after", "start_timeout", "type"));

        SitesFile.Put(_folder, "away", settings);
        SitesFile.Put(_folder, "away", new(settings.Select(s => KeyValuePair.Create(s.Key, s.Value?.DeepClone()))) { ["region"] = "eu-central-1" });
        Assert.False(SitesFile.Put(_folder, "near", new() { ["type"] = "cpu" }) && SitesFile.Put(_folder, "near", new() { ["type"] = "cpu" }));
        Assert.Equal(["away", "near"], SitesFile.Names(_folder).Order());
        IConfiguration sites = new ConfigurationBuilder().AddInMemoryCollection(
            new ConfigurationBuilder().AddJsonFile(Path.Combine(_folder, SitesFile.Name)).Build().AsEnumerable().Select(s => KeyValuePair.Create($"Sites:{s.Key}", s.Value))).Build();
        Assert.Equal(2, SiteRegistry.Read(sites).Length);
    }

    [Fact]
    public void Machines_that_nobody_named_are_refused_and_installed_sites_come_first()
    {
        Assert.Contains("resource", Faults(File(""" "proposer": "sequence" """, resource: "node")));
        _installed = ["node"];
        AupSite site = Read(""" "proposer": "sequence" """, resource: "node").Site!;
        Assert.Equal(("node", null), (site.Name, site.Settings));
        Assert.Null(Read(""" "proposer": "sequence" """).Site);
        AupExperiment passive = Read(""" "proposer": "sequence", "n_parallel": 5 """, resource: "passive");
        Assert.True(passive is { Site: null, IsAsked: true, Project.Hpo.MaxConcurrent: 1 });
        _installed = ["passive"];
        Assert.True(Read(""" "proposer": "sequence" """, resource: "passive") is { Site.Name: "passive", IsAsked: false });
    }

    [Fact]
    public void A_script_that_lost_its_bit_is_run_by_python_and_other_programs_by_their_path()
    {
        Assert.Equal(["python9", Path.Combine(_folder, "train.py"), "--fast", "two words"], Read(""" "proposer": "sequence" """, script: "train.py --fast 'two words'").Job.Words);
        Assert.Equal(["sh", "more/helper.txt"], Read(""" "proposer": "sequence" """, script: "sh more/helper.txt").Job.Words);
        Assert.Contains("script", Faults(File(""" "proposer": "sequence" """, script: "more/helper.txt")));
    }

    private static string Only(JsonObject settings, params string[] names) => new JsonObject(names.Select(name => KeyValuePair.Create(name, settings[name]?.DeepClone()))).ToJsonString();

    private void Environment(string text) => Write(".aup/env.ini", $"[Auptimizer]\nAuptimizer_PATH = /x\nSQL_ENGINE = sqlite\n{text}\n[other]\ngpu_mapping = broken\n");

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
    }

    private static string File(string keys, string parameters = """{"name": "x", "range": [0, 10]}, {"name": "y", "type": "choice", "range": ["a", "b"]}""", string script = "train.py", string resource = "cpu", string name = "test") =>
        $$"""{"name": "{{name}}", "script": "{{script}}", "resource": "{{resource}}", "target": "min", {{keys}}, "parameter_config": [{{parameters}}]}""";

    private AupExperiment Read(string keys, string parameters = """{"name": "x", "range": [0, 10]}, {"name": "y", "type": "choice", "range": ["a", "b"]}""", string script = "train.py", string resource = "cpu", string name = "test") =>
        ReadFile(File(keys, parameters, script, resource, name));

    private AupExperiment ReadFile(string text)
    {
        Write("experiment.json", text);
        return new AupReader(_folder, Directory.Exists(Path.Combine(_folder, ".aup")) ? ".aup" : null, new HashSet<string>(_installed), "python9").Read("experiment.json");
    }

    private string[] Faults(string text) => [.. Assert.Throws<InvalidInputException>(() => ReadFile(text)).Faults.Select(fault => fault.Path)];
}
