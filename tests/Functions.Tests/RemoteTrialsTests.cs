using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests;

/// <summary>Whole experiments whose trials have nothing but Python and HTTP.</summary>
public sealed class RemoteTrialsTests : IAsyncLifetime
{
    private const string Script = """
        import os
        import time


        class Counting:
            def setup(self, config):
                self.config, self.steps = config, 0

            def step(self):
                self.steps += 1
                if self.config.get("hangs_at") == self.steps and not os.path.exists("hangs"):
                    with open("hangs", "w") as file:
                        file.write("!")
                    time.sleep(600)
                print("step", self.steps)
                with open("trace.txt", "a") as file:
                    file.write(f"{self.steps}\n")
                return {"loss": self.config["x"] + 1 / self.steps}

            def save_checkpoint(self, folder):
                return {"steps": self.steps}

            def load_checkpoint(self, state):
                self.steps = state["steps"]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-remote-").FullName;
    private HarnessExecutor? _executor;
    private ApiHost? _api;

    private StoreSet Stores => _api!.Host.Services.GetRequiredService<StoreSet>();

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(Path.Combine(_folder, "data"), services =>
        [_executor = new HarnessExecutor(services.GetRequiredService<ISegmentEvents>(), services.GetRequiredService<ITrialAccess>(), _folder)]);

    public async ValueTask DisposeAsync()
    {
        _executor?.Dispose();
        await _api!.DisposeAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A killed process may still write its last line.
        }
    }

    /// <summary>Nine trials of one step, three of them go on to three steps, one of those to nine: each pauses and goes on in a process of its own.</summary>
    [Fact]
    public async Task Experiment_with_pauses_takes_every_step_once()
    {
        JsonElement end = await RunAsync("""
            {"metric": "loss", "mode": "min", "num_trials": 9, "max_concurrent": 3, "scheduler": "successive_halving",
             "scheduler_param": {"min_budget": 1, "max_budget": 9, "reduction_factor": 3, "n_iterations": 1}}
            """);

        Assert.Equal((1, 8), (end.GetProperty("trials").GetProperty("completed").GetInt32(), end.GetProperty("trials").GetProperty("stopped").GetInt32()));
        Page<Trial> page = await Stores.Trials.ListAsync("e", new(100), CancellationToken.None);
        Assert.Equal([1, 1, 1, 1, 1, 1, 3, 3, 9], page.Items.Select(trial => trial.LastStep).Order());
        foreach (Trial trial in page.Items)
        {
            string[] steps = [.. Enumerable.Range(1, (int)trial.LastStep).Select(step => $"{step}")];
            Assert.Equal(steps, await File.ReadAllLinesAsync(Path.Combine(_executor!.FolderOf(trial.Number), "trace.txt")));
            Assert.Equal(steps, trial.Reports.Select(report => $"{report.Step}"));
            Assert.Equal(trial.Segment + 1, trial.Attempts);
            string log = (await _api!.SendAsync("GET", $"experiments/e/trials/{trial.Number}/log")).Is(200).Text;
            Assert.Equal(steps.Select(step => $"step {step}"), log.Split('\n').Where(line => line.StartsWith("step ", StringComparison.Ordinal)));
        }

        Assert.All(await _executor!.EndsAsync(), ended => Assert.True(ended.Code == 0, ended.Errors));
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "cache", "scripts")));
    }

    [Fact]
    public async Task Harness_that_is_killed_costs_no_step()
    {
        Task<JsonElement> running = RunAsync("""
            {"metric": "loss", "mode": "min", "num_trials": 1, "max_concurrent": 1, "stop": {"training_iteration": 6}, "checkpoint": {"every": 1}}
            """, """{"hangs_at": 4}""");
        SegmentId segment = new("e", 1, 0);
        string hangs = Path.Combine(_folder, "trials", "1", "hangs");
        while (!File.Exists(hangs) || !await IsSavedAsync(step: 3))
        {
            Assert.False(running.IsCompleted, "it was over before it could be killed");
            await Task.Delay(10);
        }

        _executor!.Kill(segment);
        JsonElement end = await running;

        Assert.Equal(1, end.GetProperty("trials").GetProperty("completed").GetInt32());
        Trial trial = (await Stores.Trials.FindAsync("e", 1, CancellationToken.None))!;
        string[] steps = ["1", "2", "3", "4", "5", "6"];
        Assert.Equal(steps, await File.ReadAllLinesAsync(Path.Combine(_executor.FolderOf(1), "trace.txt")));
        Assert.Equal(steps, trial.Reports.Select(report => $"{report.Step}"));
        Assert.Equal((0, 2), (trial.Segment, trial.Attempts));
        Assert.Single(trial.Notes, note => note.Reason.StartsWith("from the checkpoint at step 3 (", StringComparison.Ordinal));
        Assert.Equal([137, 0], (await _executor.EndsAsync()).Select(ended => ended.Code));
    }

    private async Task<bool> IsSavedAsync(long step) =>
        (await Stores.Inbox.ReadAsync("e", 1000, CancellationToken.None)).OfType<TrialCheckpointed>().Any(saved => saved.Checkpoint.Step == step)
        || (await Stores.Trials.FindAsync("e", 1, CancellationToken.None))?.Checkpoints.Any(known => known.Step == step) == true;

    private async Task<JsonElement> RunAsync(string hpo, string param = "{}")
    {
        JsonObject document = ApiHost.Document();
        document["model_config"] = new JsonObject { ["script"] = "train.py", ["model"] = "Counting", ["param"] = JsonNode.Parse(param) };
        document["hpo_config"] = JsonNode.Parse(hpo);
        (await _api!.SendAsync("PUT", $"projects/{ApiHost.Project}", document)).Is(201);
        (await _api.SendBytesAsync("PUT", $"projects/{ApiHost.Project}/scripts", ApiHost.Zip(("train.py", Script)), "application/zip")).Is(200);
        await _api.StartExperimentAsync("e");
        return await _api.UntilStatusAsync("e", "Succeeded", "Failed", "Stopped");
    }
}
