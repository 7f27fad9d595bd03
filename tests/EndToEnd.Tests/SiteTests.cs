using System.Globalization;
using System.Text.Json;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Contracts.Ssh;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>One experiment at this machine and at another that is reached over SSH.</summary>
public sealed class SiteTests : IAsyncLifetime
{
    private const string Script = """
        import os
        import time


        class Summing:
            def setup(self, config):
                self.x = config["x"]
                self.sum = 0

            def step(self):
                self.sum += 1
                with open("trace.txt", "a") as trace:
                    trace.write(f"{self.sum}\n")
                if self.sum == 4 and "HANGS" in os.environ:
                    open(os.environ["HANGS"], "w").close()
                    time.sleep(600)
                time.sleep(0.02)
                return {"loss": self.x - self.sum}

            def save_checkpoint(self, folder):
                with open(os.path.join(folder, "sum.txt"), "w") as file:
                    file.write(str(self.sum))

            def load_checkpoint(self, folder):
                with open(os.path.join(folder, "sum.txt")) as file:
                    self.sum = int(file.read())
        """;

    private readonly Workplace _work = new();
    private SshServer _server = null!;

    private string Hang => Path.Join(_work.Folder, "hangs");

    public async ValueTask InitializeAsync() => _server = await SshServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _work.Dispose();
    }

    [Fact]
    public async Task Two_sites_share_the_trials_and_find_what_one_finds()
    {
        WriteSites([]);
        WriteProject("shared", 24, """ "stop": {"training_iteration": 3}, "sites": [{"name": "local", "slots": 2}, {"name": "machines", "slots": 2}] """);
        WriteProject("alone", 24, """ "stop": {"training_iteration": 3} """);
        HpoEnd shared = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "shared", "--seed", "3", "--data", _work.Data, "--json");
        HpoEnd alone = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "alone", "--seed", "3", "--data", _work.Data, "--json");

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, shared, "--data", _work.Data);
        JsonElement[] expected = await Results.TrialsAsync(_work.Folder, alone, "--data", _work.Data);
        Assert.Equal(Outcomes(expected), Outcomes(trials));
        Assert.Equal(alone.Result().GetProperty("best").GetProperty("trial").GetInt32(), shared.Result().GetProperty("best").GetProperty("trial").GetInt32());
        Assert.Equal(["local", "machines"], trials.Select(SiteOf).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Trial_whose_site_goes_away_goes_on_elsewhere_from_its_last_checkpoint()
    {
        WriteSites(new() { ["HANGS"] = Hang });
        WriteProject("moving", 1, """
            "stop": {"training_iteration": 6}, "checkpoint": {"every": 1}, "placement": "cheapest",
            "sites": [{"name": "local", "cost_per_hour": 2}, {"name": "machines", "cost_per_hour": 1}]
            """);
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "local_run", "moving", "--data", _work.Data, "--json");
        await Until.NotNullAsync(() => File.Exists(Hang) ? Hang : null);
        using (JournalStores stores = new(_work.Data, TimeProvider.System))
        {
            await InterruptedTrial.SavedAsync(stores.All, _work.FindExperiment()!, step: 3);
        }

        await _server.StopAsync();
        HpoEnd end = await run.EndAsync();

        Assert.True(end.Code == 0, end.Error);
        JsonElement trial = Assert.Single(await Results.TrialsAsync(_work.Folder, end, "--data", _work.Data));
        Assert.Equal("local", SiteOf(trial));
        Assert.Equal(Enumerable.Range(1, 6), trial.GetProperty("reports").EnumerateArray().Select(report => report.GetProperty("step").GetInt32()));
        string id = end.Result().GetProperty("experiment").GetString()!;
        Assert.Equal(["4", "5", "6"], await File.ReadAllLinesAsync(Path.Join(_work.Data, "experiments", id, "trials", "1", "trace.txt")));
        HpoEnd explained = await HpoProcess.SucceedAsync(_work.Folder, "experiment", "explain", id, "1", "--data", _work.Data);
        Assert.Contains("it goes on at the site local", explained.Output, StringComparison.Ordinal);
        Assert.Contains("from the checkpoint at step 3", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Experiment_ends_when_its_money_is_spent()
    {
        WriteSites([]);
        WriteProject("dear", 1000, """
            "stop": {"training_iteration": 5}, "max_cost": 0.01,
            "sites": [{"name": "local", "slots": 1, "cost_per_hour": 18}, {"name": "machines", "slots": 1, "cost_per_hour": 18}]
            """);
        HpoEnd end = await HpoProcess.RunAsync(_work.Folder, "local_run", "dear", "--data", _work.Data, "--json");

        JsonElement result = end.Result();
        Assert.StartsWith("the cost limit of 0.01 was reached", result.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(result.GetProperty("trials").GetProperty("total").GetInt32(), 2, 999);
        Assert.InRange(result.GetProperty("cost").GetDouble(), 0.005, 0.05); // what was stopped counts from the start of its program
    }

    private static string? SiteOf(JsonElement trial) => trial.GetProperty("site").GetString();

    private static IEnumerable<string> Outcomes(JsonElement[] trials) => trials.Select(trial => string.Create(
        CultureInfo.InvariantCulture, $"{trial.GetProperty("config").GetRawText()} {trial.GetProperty("state").GetString()} {trial.GetProperty("reports").GetArrayLength()} {trial.GetProperty("value").GetDouble():R}"));

    private void WriteSites(Dictionary<string, string> environment) => _work.Write("data/sites.json", JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["machines"] = new Dictionary<string, object>
        {
            ["type"] = "ssh",
            ["nodes"] = new[] { string.Create(CultureInfo.InvariantCulture, $"{Environment.UserName}@127.0.0.1:{_server.Port} {_server.KeyFile}") },
            ["known_hosts"] = _server.KnownHosts,
            ["folder"] = _server.RemoteFolder,
            ["python"] = Environment.GetEnvironmentVariable("HPO_PYTHON") is { Length: > 0 } named ? named : "python3",
            ["slots"] = 2,
            ["env"] = environment,
        },
    }));

    private void WriteProject(string name, int trials, string more)
    {
        _work.Write($"{name}/scripts/summing.py", Script);
        _work.Write($"{name}/model_config.json", """{"script": "summing.py", "model": "Summing"}""");
        _work.Write($"{name}/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
        _work.Write($"{name}/hpo_config.json", $$"""{"metric": "loss", "mode": "min", "scheduler": "none", "num_trials": {{trials}}, "max_concurrent": 4, {{more}}}""");
    }
}
