using System.Globalization;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>Trials that pause at a level and go on from where they were, with real programs of every kind.</summary>
public sealed class BracketTests : IDisposable
{
    private const string Script = """
        import json
        import os
        import sys
        import time


        def trace(text):
            with open(os.path.join(os.getcwd(), "trace.txt"), "a") as file:
                file.write(f"{text}\n")


        class Plain:
            def setup(self, config):
                self.config = config
                self.steps = 0

            def step(self):
                self.steps += 1
                trace(self.steps)
                time.sleep(self.config.get("pause", 0))
                return {"loss": self.config["x"] + 1 / self.steps}


        class Saving(Plain):
            def save_checkpoint(self, folder):
                return {"steps": self.steps}

            def load_checkpoint(self, state):
                self.steps = state["steps"]


        def budgeted(config, budget):
            trace(int(budget))
            return config["x"] + 1 / budget


        if __name__ == "__main__":
            given = json.load(open(sys.argv[1]))
            trace(given["n_iterations"])
            print("#Auptimizer:%r" % (given["x"] + 1 / given["n_iterations"]))
        """;

    private const string Halving = """
        {"metric": "loss", "mode": "min", "num_trials": 9, "max_concurrent": 3, "scheduler": "successive_halving",
         "scheduler_param": {"min_budget": 1, "max_budget": 9, "reduction_factor": 3, "n_iterations": 1}}
        """;

    private readonly Workplace _work = new();

    public void Dispose() => _work.Dispose();

    /// <summary>Nine trials of budget 1, three of them of budget 3, one of those of budget 9: what each kind of program runs for that.</summary>
    [Theory]
    [InlineData("""{"script": "levels.py", "model": "Saving"}""", 9 + (3 * 2) + 6)]
    [InlineData("""{"script": "levels.py", "model": "budgeted"}""", 9 + 3 + 1)]
    [InlineData("""{"command": ["python3", "levels.py"]}""", 9 + 3 + 1)]
    public async Task Successive_halving_runs_what_the_program_needs_and_no_more(string model, int lines)
    {
        WriteProject(model, """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""", Halving);
        List<Trial> trials = await HalvedAsync();

        Assert.Equal(lines, Traces().Sum(trace => File.ReadAllLines(trace).Length));
        Demand(trials, gaps: !model.Contains("Saving", StringComparison.Ordinal));
    }

    /// <summary>It begins anew whenever it was paused. The last trial to reach a level is not paused if it may go on: how many steps there are is for the order of arrival to say.</summary>
    [Fact]
    public async Task Program_that_saves_nothing_runs_from_the_start_in_each_segment()
    {
        WriteProject("""{"script": "levels.py", "model": "Plain"}""", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""", Halving);
        List<Trial> trials = await HalvedAsync();

        Demand(trials, gaps: false);
        Assert.All(trials, trial =>
        {
            List<int> steps = [.. File.ReadLines(TraceOf(trial)).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
            List<int> ends = [.. steps.Where((step, i) => i == steps.Count - 1 || steps[i + 1] != step + 1)];
            Assert.Equal(trial.Segment + 1, ends.Count);
            Assert.Equal(ends.SelectMany(end => Enumerable.Range(1, end)), steps);
            Assert.Equal(trial.LastStep, ends[^1]);
        });
    }

    [Fact]
    public async Task Host_that_is_killed_five_times_among_paused_trials_loses_no_step()
    {
        WriteProject(
            """{"script": "levels.py", "model": "Saving", "param": {"pause": 0.02}}""",
            """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""",
            """
            {"metric": "loss", "mode": "min", "num_trials": 22, "max_concurrent": 3, "scheduler": "bohbhyperband", "checkpoint": {"every": 2},
             "scheduler_param": {"min_budget": 1, "max_budget": 9, "reduction_factor": 3, "n_iterations": 3}}
            """);
        using JournalStores stores = new(_work.Data, TimeProvider.System);
        Random random = new(7);
        string? id = null;
        int kills = 0;
        for (; kills < 5; kills++)
        {
            await using HpoProcess run = HpoProcess.Start(_work.Folder, ["local_run", .. id is null ? ["levels"] : new[] { "--resume", id }, "--data", _work.Data]);
            id ??= await Until.NotNullAsync(_work.FindExperiment);
            long wanted = await StepsAsync(stores, id) + random.Next(1, 12);
            while (!run.HasExited && await StepsAsync(stores, id) < wanted)
            {
                await Task.Delay(5);
            }

            Assert.False(run.HasExited, "it was over before it could be killed");
            await run.KillAsync();
        }

        await HpoProcess.SucceedAsync(_work.Folder, "local_run", "--resume", id!, "--data", _work.Data, "--json");
        List<Trial> trials = await TrialsAsync(stores, id!);

        // 9 trials of 1 step, 3 of them to 3 steps, 1 of those to 9; then 3 to 3 steps and 1 of them to 9; then 3 to 9.
        Assert.Equal([6, 4, 5], new long[] { 1, 3, 9 }.Select(level => trials.Count(trial => trial.LastStep == level)));
        Assert.All(trials, trial => Assert.True(trial.Status is TrialStatus.Completed or TrialStatus.Stopped, $"trial {trial.Number}: {trial.Error}"));
        Demand(trials, gaps: false);
    }

    private async Task<List<Trial>> HalvedAsync()
    {
        HpoEnd run = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "levels", "--data", _work.Data, "--json");
        Assert.Equal("""{"completed":1,"failed":0,"stopped":8,"total":9}""", run.Counts());
        using JournalStores stores = new(_work.Data, TimeProvider.System);
        return await TrialsAsync(stores, _work.FindExperiment()!);
    }

    private void WriteProject(string model, string space, string hpo)
    {
        _work.Write("levels/scripts/levels.py", Script);
        _work.Write("levels/model_config.json", model);
        _work.Write("levels/search_space.json", space);
        _work.Write("levels/hpo_config.json", hpo);
    }

    private string TraceOf(Trial trial) => Traces().Single(trace => Path.GetFileName(Path.GetDirectoryName(trace)) == trial.Number.ToString(CultureInfo.InvariantCulture));

    private IEnumerable<string> Traces() => Directory.EnumerateFiles(Path.Combine(_work.Data, "experiments"), "trace.txt", SearchOption.AllDirectories);

    /// <summary>Demands that each trial's values are those of its own steps, every step once.</summary>
    private static void Demand(List<Trial> trials, bool gaps) => Assert.All(trials, trial =>
    {
        double x = trial.Configuration["x"].AsDouble();
        Assert.All(trial.Reports, report => Assert.Equal(x + (1.0 / report.Step), report.Metrics["loss"]!.Value, 12));
        Assert.Contains(trial.LastStep, new long[] { 1, 3, 9 });
        if (!gaps)
        {
            Assert.Equal(Enumerable.Range(1, (int)trial.LastStep), trial.Reports.Select(r => (int)r.Step));
        }
    });

    private static async Task<long> StepsAsync(JournalStores stores, string id) => (await TrialsAsync(stores, id)).Sum(trial => trial.LastStep);

    private static async Task<List<Trial>> TrialsAsync(JournalStores stores, string id)
    {
        Page<Trial> page = await stores.All.Trials.ListAsync(id, new(1000, null), CancellationToken.None);
        return [.. page.Items];
    }
}
