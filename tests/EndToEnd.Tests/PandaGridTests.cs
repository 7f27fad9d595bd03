using System.Text.Json;
using HpoServerless.Contracts.Panda;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>One experiment through a PanDA grid that fails now and then, by the program as it was built.</summary>
public sealed class PandaGridTests : IAsyncLifetime
{
    private readonly Workplace _work = new();
    private PandaDouble _grid = null!;

    public async ValueTask InitializeAsync()
    {
        _grid = await PandaDouble.StartAsync(Path.Combine(_work.Folder, "nodes"), takesAnybody: false);
        _work.Write("authorities/ca.pem", _grid.CertificatePem);
        _work.Write("token", _grid.NewToken(TimeSpan.FromHours(1)));
        _work.Write("data/sites.json", JsonSerializer.Serialize(new
        {
            grid = new
            {
                type = "panda",
                account = "alice",
                api = _grid.Api,
                cache = _grid.Api,
                auth = "oidc",
                vo = _grid.Vo,
                tokenFile = Path.Combine(_work.Folder, "token"),
                authorityFolder = Path.Combine(_work.Folder, "authorities"),
                pollEveryS = 0.2,
            },
        }));
        foreach (string name in new[] { "on_grid", "here" })
        {
            _work.Write($"{name}/scripts/simple_objective.py", "def simple_objective(config, reporter):\n    height, width = config[\"height\"], config[\"width\"]\n    reporter(loss=(height - 14) ** 2 - abs(width - 3))\n");
            _work.Write($"{name}/model_config.json", """{"script": "simple_objective.py", "model": "simple_objective"}""");
            _work.Write($"{name}/search_space.json", """{"height": {"method": "uniform", "dimension": {"low": -100, "high": 100}}, "width": {"method": "uniform", "dimension": {"low": 0, "high": 20}}}""");
            _work.Write($"{name}/hpo_config.json", """{"metric": "loss", "mode": "min", "num_trials": 20, "max_concurrent": 4, "stop": {"training_iteration": 1}}""");
            _work.Write($"{name}/grid_config.json", """{"site": "GRID_GPU,OTHER_GPU", "container": "docker://example", "outDS": "user.{ACCOUNT}.{HPO_PROJECT_NAME}"}""");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _grid.DisposeAsync();
        _work.Dispose();
    }

    [Fact]
    public async Task Through_a_grid_that_loses_every_fifth_job_an_experiment_finds_what_it_finds_here()
    {
        _grid.FailShare = 0.2;
        HpoEnd grid = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "on_grid", "--site", "grid", "--n_jobs", "4", "--seed", "5", "--data", _work.Data, "--json");
        HpoEnd here = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "here", "--seed", "5", "--data", _work.Data, "--json");

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, grid, "--data", _work.Data);
        JsonElement[] expected = await Results.TrialsAsync(_work.Folder, here, "--data", _work.Data);
        Assert.Equal(expected.Select(Outcome).Order(StringComparer.Ordinal), trials.Select(Outcome).Order(StringComparer.Ordinal));
        Assert.Equal(here.Result().GetProperty("best").GetProperty("trial").GetInt32(), grid.Result().GetProperty("best").GetProperty("trial").GetInt32());
        Assert.Contains(_grid.Tasks, task => task.Status == "failed");
        Assert.True(_grid.Tasks.Count > 20);
        Assert.All(_grid.Tasks, task => Assert.StartsWith("user.alice.on_grid.", task.Name, StringComparison.Ordinal));
        Assert.Equal(1, _grid.Uploads);
        Assert.DoesNotContain(await File.ReadAllTextAsync(Path.Combine(_work.Folder, "token"), TestContext.Current.CancellationToken), grid.Error + string.Concat(_grid.Bodies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scheduler_that_asks_at_rungs_makes_trials_go_on_as_further_tasks()
    {
        WriteSumming(""" "num_trials": 6, "max_concurrent": 3, "scheduler": "asynchyperband", "scheduler_param": {"max_t": 9, "grace_period": 1, "reduction_factor": 3}, "stop": {"training_iteration": 9} """);
        _grid.Slots = 3;
        HpoEnd end = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "summing", "--site", "grid", "--seed", "3", "--data", _work.Data, "--json");

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, end, "--data", _work.Data);
        Assert.Equal(6, trials.Length);
        foreach (JsonElement trial in trials)
        {
            int[] steps = [.. trial.GetProperty("reports").EnumerateArray().Select(report => report.GetProperty("step").GetInt32())];
            Assert.Equal(Enumerable.Range(1, steps.Length), steps);
            double x = trial.GetProperty("config").GetProperty("x").GetDouble();
            Assert.All(trial.GetProperty("reports").EnumerateArray(), report => Assert.Equal(x - report.GetProperty("step").GetInt32(), report.GetProperty("metrics").GetProperty("loss").GetDouble(), 9));
        }

        Assert.Contains(trials, trial => trial.GetProperty("reports").GetArrayLength() == 9);
        Assert.Contains(trials, trial => trial.GetProperty("reports").GetArrayLength() < 9);
        Assert.True(_grid.Tasks.Count > 6, $"{_grid.Tasks.Count} tasks");
    }

    [Fact]
    public async Task A_run_that_is_interrupted_goes_on_with_what_the_grid_did_meanwhile()
    {
        WriteSumming(""" "num_trials": 4, "max_concurrent": 4, "scheduler": null, "stop": {"training_iteration": 5} """, pause: 0.5);
        _grid.Slots = 4;
        await using HpoProcess first = HpoProcess.Start(_work.Folder, "local_run", "summing", "--site", "grid", "--seed", "3", "--data", _work.Data, "--json");
        await Until.NotNullAsync(() => _grid.Tasks.Count(task => task.Jobs.Count > 0) == 4 ? "all" : null);
        await first.KillAsync();

        HpoEnd end = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "--resume", _work.FindExperiment()!, "--data", _work.Data, "--json");
        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, end, "--data", _work.Data);
        Assert.All(trials, trial => Assert.Equal(5, trial.GetProperty("reports").GetArrayLength()));
        Assert.Equal(4, _grid.Tasks.Count);
    }

    private void WriteSumming(string hpo, double pause = 0)
    {
        _work.Write("summing/scripts/summing.py", $$"""
            import os
            import time


            class Summing:
                def setup(self, config):
                    self.x = config["x"]
                    self.sum = 0

                def step(self):
                    self.sum += 1
                    time.sleep({{pause.ToString(System.Globalization.CultureInfo.InvariantCulture)}})
                    return {"loss": self.x - self.sum}

                def save_checkpoint(self, folder):
                    with open(os.path.join(folder, "sum.txt"), "w") as file:
                        file.write(str(self.sum))

                def load_checkpoint(self, folder):
                    with open(os.path.join(folder, "sum.txt")) as file:
                        self.sum = int(file.read())
            """);
        _work.Write("summing/model_config.json", """{"script": "summing.py", "model": "Summing"}""");
        _work.Write("summing/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
        _work.Write("summing/hpo_config.json", $$"""{"metric": "loss", "mode": "min", {{hpo}}}""");
    }

    private static string Outcome(JsonElement trial) =>
        $"{trial.GetProperty("trial").GetInt32()} {trial.GetProperty("state").GetString()} {trial.GetProperty("config").GetRawText()} {trial.GetProperty("value").GetRawText()}";
}
