using System.Text.Json;
using HpoServerless.Cli.Commands.Aup;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Tests.Aup;

/// <summary>The command aup, with real scripts.</summary>
public sealed class AupCommandTests : IDisposable
{
    private static readonly string Examples = Path.Combine(Repository.Root, "examples", "aup");

    private readonly CliRunner _hpo = new();

    public AupCommandTests()
    {
        foreach (string file in Directory.GetFiles(Examples))
        {
            File.Copy(file, Path.Combine(_hpo.Folder, Path.GetFileName(file)));
        }
    }

    public void Dispose() => _hpo.Dispose();

    [Theory]
    [InlineData("random", "1: 20")]
    [InlineData("sequence", "1: 25")]
    [InlineData("spearmint", "1: 15")]
    [InlineData("hyperopt", "1: 20")]
    [InlineData("hyperband", "1: 6, 3: 6, 9: 5")] // 9 jobs of 1 iteration, 3 of 3, 1 of 9; 5 and 1; 3
    [InlineData("bohb", "1: 6, 3: 4, 9: 5")] // 9, 3, 1; 3, 1; 3
    public async Task Each_proposer_runs_its_jobs(string proposer, string trialsByLastStep)
    {
        CliResult run = await _hpo.SucceedAsync("aup", $"{proposer}.json", "--json");
        JsonElement json = Json(run);
        Assert.Equal(0, json.GetProperty("trials").GetProperty("failed").GetInt32());
        IEnumerable<IGrouping<int, JsonElement>> groups = (await TrialsAsync(run)).GroupBy(t => t.GetProperty("reports").EnumerateArray().Last().GetProperty("step").GetInt32());
        Assert.Equal(trialsByLastStep, string.Join(", ", groups.OrderBy(group => group.Key).Select(group => $"{group.Key}: {group.Count()}")));
        JsonElement best = json.GetProperty("best");
        double x = best.GetProperty("config").GetProperty("x").GetDouble();
        double y = best.GetProperty("config").GetProperty("y").GetDouble();
        Assert.Equal(Math.Pow(1 - x, 2) + (10 * Math.Pow(y - (x * x), 2)), best.GetProperty("value").GetDouble(), 9);
    }

    [Fact]
    public async Task A_sequence_walks_its_first_parameter_fastest()
    {
        CliResult run = await _hpo.SucceedAsync("aup", "sequence.json", "--json");
        (double, double)[] walked = [.. (await TrialsAsync(run)).Select(t => (t.GetProperty("config").GetProperty("x").GetDouble(), t.GetProperty("config").GetProperty("y").GetDouble()))];
        Assert.Equal(Enumerable.Range(0, 25).Select(i => ((i % 5) - 2.0, (i / 5) - 1.0)), walked);
    }

    [Fact]
    public async Task The_best_job_is_run_again_to_save_its_model()
    {
        CliResult run = await _hpo.SucceedAsync("aup", "random.json", "--json");
        string id = Json(run).GetProperty("experiment").GetString()!;
        JsonElement model = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_hpo.Folder, "aup_models", $"models_{id}", "model.json"))).RootElement;
        Assert.Equal(Json(run).GetProperty("best").GetProperty("value").GetDouble(), model.GetProperty("value").GetDouble(), 12);
        await _hpo.SucceedAsync("experiment", "show", $"{id}-model");
    }

    [Fact]
    public async Task Poor_jobs_are_stopped_and_further_numbers_have_their_names()
    {
        CliResult run = await _hpo.SucceedAsync("aup", "early_stop.json", "--json");
        Assert.InRange(Json(run).GetProperty("trials").GetProperty("stopped").GetInt32(), 1, 19);
        JsonElement[] completed = [.. (await TrialsAsync(run)).Where(t => t.GetProperty("state").GetString() == "Completed")];
        Assert.All(completed, t => Assert.Equal(20, t.GetProperty("reports").EnumerateArray().Last().GetProperty("metrics").GetProperty("step").GetDouble()));
    }

    [Fact]
    public async Task A_script_that_imports_from_Auptimizer_runs_without_it()
    {
        Script("""
            import os
            from aup import aup_args
            @aup_args
            def main(x, job_id, tid, y=2):
                assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
                return [job_id, tid, y]
            main(sys.argv[1])
            """);
        Write(""" "n_samples": 3 """);
        CliResult run = await _hpo.SucceedAsync("aup", "exp.json", "--json");
        Assert.Equal([1, 2, 3], (await TrialsAsync(run)).Select(trial => trial.GetProperty("value").GetDouble()));
    }

    [Fact]
    public async Task A_job_that_failed_is_started_again()
    {
        Script("""
            import os, sys
            flag = "failed-" + os.environ["HPO_TRIAL"]
            if not os.path.exists(flag):
                open(flag, "w").close()
                sys.exit(4)
            print('{"x": 1}')
            print("#Auptimizer:1")
            """);
        Write(""" "n_samples": 3, "job_failure": {"job_retries": 1} """);
        CliResult run = await _hpo.SucceedAsync("aup", "exp.json", "--json");
        Assert.Equal("""{"completed":3,"failed":0,"stopped":0,"total":3}""", Json(run).GetProperty("trials").GetRawText());
    }

    [Fact]
    public async Task The_first_failure_ends_the_experiment_unless_failures_are_ignored()
    {
        Script("""
            import os, sys
            if os.environ["HPO_TRIAL"] == "2":
                sys.exit("no card")
            print("#Auptimizer:1")
            """);
        Write(""" "n_samples": 4 """);
        CliResult strict = await _hpo.RunAsync("aup", "exp.json", "--json");
        Assert.Equal(1, strict.Code);
        Assert.Equal(2, Json(strict).GetProperty("trials").GetProperty("total").GetInt32());

        Write(""" "n_samples": 4, "job_failure": {"ignore_fail": true} """);
        CliResult lenient = await _hpo.SucceedAsync("aup", "exp.json", "--json");
        Assert.Equal("""{"completed":3,"failed":1,"stopped":0,"total":4}""", Json(lenient).GetProperty("trials").GetRawText());
    }

    [Fact]
    public async Task A_result_with_another_exit_code_than_0_is_a_failure_and_none_at_all_too()
    {
        Script("""
            import os, sys
            if os.environ["HPO_TRIAL"] == "1":
                print("#Auptimizer:1")
                sys.exit(1)
            """);
        Write(""" "n_samples": 2, "job_failure": {"ignore_fail": true} """);
        CliResult run = await _hpo.RunAsync("aup", "exp.json", "--json");
        Assert.Equal(2, Json(run).GetProperty("trials").GetProperty("failed").GetInt32());
    }

    [Fact]
    public async Task Jobs_get_the_cards_of_the_environment_and_the_surroundings_of_the_file()
    {
        _hpo.Write(".aup/env.ini", "[Auptimizer]\ngpu_mapping = {\"1\": \"4\", \"2\": \"4\"}\n");
        Script("""
            import os
            print("#Auptimizer:%s,%s" % (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["MODE"] + os.environ["EXTRA"]))
            """);
        Write(""" "n_samples": 2, "runtime_args": {"env": {"MODE": "1"}, "prescript": "export EXTRA=2"}, "resource_args": {"multi_res_labels": ["mode"]} """, resource: "gpu");
        CliResult run = await _hpo.SucceedAsync("aup", "exp.json", "--json");
        Assert.All(await TrialsAsync(run), trial =>
        {
            JsonElement metrics = trial.GetProperty("reports")[0].GetProperty("metrics");
            Assert.Equal((4, 12), (metrics.GetProperty("score").GetDouble(), metrics.GetProperty("mode").GetDouble()));
            Assert.Equal("aup-gpu", trial.GetProperty("site").GetString());
        });
        Assert.Contains("sites.json", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sites.json", (await _hpo.SucceedAsync("aup", "exp.json", "--test")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_cannot_be_used_is_refused_and_not_written()
    {
        _hpo.Write(".aup/env.ini", "[Auptimizer]\ngpu_mapping = {\"1\": \"no card\"}\n");
        Script("print('#Auptimizer:1')");
        Write(""" "n_samples": 1 """, resource: "gpu");
        CliResult run = await _hpo.RunAsync("aup", "exp.json");
        Assert.Equal(2, run.Code);
        Assert.StartsWith("error: env.ini: gpu_mapping ", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_hpo.Folder, "sites.json", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void A_stopped_job_never_wins(int completed, bool hasBest)
    {
        ExperimentView view = AupRun.Judged(Ended(completed));
        Assert.Equal(hasBest, view.Best is not null);
        Assert.Equal(hasBest ? ExitCode.Done : ExitCode.Failed, ResultReport.ExitCodeOf(view));
    }

    [Fact]
    public async Task A_person_is_asked_for_the_results_of_a_passive_resource()
    {
        Write(""" "n_samples": 3, "n_parallel": 2, "resource_args": {"multi_res_labels": ["size"]} """, resource: "passive");
        _hpo.Input = new StringReader("0.5, 7\nhigh\n2\n");
        CliResult first = await _hpo.RunAsync("aup", "exp.json", "--json");
        Assert.Equal(130, first.Code); // the input has ended before the third job
        Assert.Contains("\"high\" must be a number", first.Error, StringComparison.Ordinal);
        Assert.Contains("\"job_id\": 3", first.Error, StringComparison.Ordinal);
        Assert.Contains("n_parallel is left out", first.Error, StringComparison.Ordinal);

        _hpo.Input = new StringReader("1\n");
        CliResult second = await _hpo.SucceedAsync("aup", "--resume", Json(first).GetProperty("experiment").GetString()!, "--json");
        Assert.Equal((3, 2), (Json(second).GetProperty("trials").GetProperty("completed").GetInt32(), Json(second).GetProperty("best").GetProperty("value").GetDouble()));
        Assert.Equal(7, (await TrialsAsync(second))[0].GetProperty("reports")[0].GetProperty("metrics").GetProperty("size").GetDouble());
    }

    [Fact]
    public async Task Test_runs_one_job_and_show_none()
    {
        CliResult test = await _hpo.SucceedAsync("aup", "hyperband.json", "--test", "--json", "--user", "ann", "--sleep", "2");
        Assert.Equal(1, Json(test).GetProperty("trials").GetProperty("total").GetInt32());
        Assert.Contains("--user is left out", test.Error, StringComparison.Ordinal);
        Assert.Contains("--sleep is left out", test.Error, StringComparison.Ordinal);

        CliResult show = await _hpo.SucceedAsync("aup", "bohb.json", "--show", "--data", "elsewhere");
        Assert.Equal("bohbhyperband", Json(show).GetProperty("hpo_config").GetProperty("scheduler").GetString());
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "elsewhere")));
    }

    [Fact]
    public async Task An_interrupted_experiment_goes_on()
    {
        Script($"""
            import os, time
            while os.environ["HPO_TRIAL"] == "2" and not os.path.exists("go"):
                open("waits", "w").close()
                time.sleep(0.02)
            print("#Auptimizer:1")
            """);
        Write(""" "n_samples": 3 """);
        using CancellationTokenSource interrupt = new();
        Task<CliResult> running = _hpo.RunAsync(interrupt.Token, "aup", "exp.json", "--json");
        await Run.SmallProject.UntilAsync(() => File.Exists(Path.Combine(_hpo.Folder, "waits")));
        await interrupt.CancelAsync();
        CliResult first = await running;
        Assert.Equal(130, first.Code);
        _hpo.Write("go", string.Empty);
        CliResult second = await _hpo.SucceedAsync("aup", "--resume", Json(first).GetProperty("experiment").GetString()!, "--json");
        Assert.Equal(3, Json(second).GetProperty("trials").GetProperty("completed").GetInt32());
    }

    [Theory]
    [InlineData("EXPERIMENT")]
    [InlineData("EXPERIMENT", "missing.json")]
    [InlineData("EXPERIMENT", "random.json", "--resume", "x")]
    [InlineData("--log", "random.json", "--log", "loud")]
    [InlineData("--aup_folder", "random.json", "--aup_folder", "nowhere")]
    public async Task Wrong_usage_is_refused(string named, params string[] options)
    {
        CliResult result = await _hpo.RunAsync(["aup", .. options]);
        Assert.Equal(2, result.Code);
        Assert.StartsWith($"error: {named} ", result.Error, StringComparison.Ordinal);
    }

    private void Script(string text) => _hpo.Write("job.py", $"import sys\n{text}\n");

    private void Write(string keys, string resource = "cpu") => _hpo.Write(
        "exp.json",
        $$"""{"name": "exp", "proposer": "random", "script": "job.py", "resource": "{{resource}}", "target": "max", {{keys}}, "parameter_config": [{"name": "x", "type": "float"}]}""");

    private static ExperimentView Ended(int completed) => new()
    {
        Id = "e",
        Project = "p",
        Status = ExperimentStatus.Succeeded,
        Metric = "score",
        Mode = OptimizationMode.Max,
        Trials = new(Completed: completed, Stopped: 1),
        Best = new(1, 100, Configuration.Empty),
        NumTrials = 2,
        MaxConcurrent = 1,
        Seed = 0,
        Algorithm = "random",
        Scheduler = "median",
        Site = "local",
        Turn = 1,
        CreatedAt = default,
        UpdatedAt = default,
    };

    private static JsonElement Json(CliResult result) => JsonDocument.Parse(result.Output).RootElement;

    private async Task<JsonElement[]> TrialsAsync(CliResult run)
    {
        CliResult trials = await _hpo.SucceedAsync("experiment", "trials", Json(run).GetProperty("experiment").GetString()!, "--json");
        return [.. trials.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
