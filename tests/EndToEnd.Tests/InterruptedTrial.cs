using System.Diagnostics;
using System.Globalization;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>A project with one trial of six iterations, saved after each, that hangs in the fourth until something is killed.</summary>
internal sealed class InterruptedTrial
{
    public const string Project = "summing";

    private const string Script = """
        import os
        import time


        class Summing:
            def setup(self, config):
                self.sum = 0

            def step(self):
                self.sum += 1
                if self.sum == 4 and not os.path.exists("hangs"):
                    with open("hangs.part", "w") as file:
                        file.write(str(os.getpid()))
                    os.rename("hangs.part", "hangs")
                    time.sleep(600)
                with open("trace.txt", "a") as trace:
                    trace.write(f"{self.sum}\n")
                return {"loss": 100 - self.sum * self.sum}

            def save_checkpoint(self, folder):
                with open(os.path.join(folder, "sum.txt"), "w") as file:
                    file.write(str(self.sum))

            def load_checkpoint(self, folder):
                with open(os.path.join(folder, "sum.txt")) as file:
                    self.sum = int(file.read())
        """;

    private readonly Workplace _work;

    public InterruptedTrial(Workplace work)
    {
        _work = work;
        work.Write("summing/scripts/summing.py", Script);
        work.Write("summing/model_config.json", """{"script": "summing.py", "model": "Summing"}""");
        work.Write("summing/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
        work.Write(
            "summing/hpo_config.json",
            """{"metric": "loss", "mode": "min", "num_trials": 1, "max_concurrent": 1, "stop": {"training_iteration": 6}, "checkpoint": {"every": 1}}""");
    }

    /// <summary>Waits until the trial is in its fourth iteration, and the system knows the state after the third.</summary>
    /// <returns>Process id of its worker.</returns>
    public async Task<int> HangsAsync(StoreSet stores, string id)
    {
        string file = await Until.NotNullAsync(() => FileOf(id, "hangs"));
        await SavedAsync(stores, id, step: 3);
        return int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the system knows the first trial's state after a step.</summary>
    public static async Task SavedAsync(StoreSet stores, string id, long step)
    {
        for (int look = 0; !await IsSavedAsync(stores, id, step); look++)
        {
            Assert.True(look < 3000, "the checkpoint was never told");
            await Task.Delay(10);
        }
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public static void Kill(int process)
    {
        using Process worker = Process.GetProcessById(process);
        worker.Kill();
    }

    /// <summary>Waits until a process is no more, or is only waited for by its parent.</summary>
    public static async Task GoneAsync(int process)
    {
        for (int look = 0; File.Exists($"/proc/{process}/stat") && !(await StatusAsync(process)).Contains(") Z", StringComparison.Ordinal); look++)
        {
            Assert.True(look < 3000, "the worker outlives its host");
            await Task.Delay(10);
        }
    }

    /// <summary>Demands six iterations, each once, that lead on from each other, and that the trial's notes say why.</summary>
    public async Task DemandWholeAsync(StoreSet stores, string id)
    {
        Trial trial = (await stores.Trials.FindAsync(id, 1, CancellationToken.None))!;
        Assert.Equal(["1", "2", "3", "4", "5", "6"], await File.ReadAllLinesAsync(FileOf(id, "trace.txt")!));
        Assert.Equal(TrialStatus.Completed, trial.Status);
        Assert.Equal(Enumerable.Range(1, 6).Select(step => ((long)step, (double?)(100 - (step * step)))), trial.Reports.Select(r => (r.Step, r.Metrics["loss"])));
        Assert.Equal((0, 2), (trial.Segment, trial.Attempts));
        Assert.Contains(trial.Notes, note => note.Reason.StartsWith("from the checkpoint at step 3 (", StringComparison.Ordinal) && note.Reason.EndsWith("after its worker or host was lost", StringComparison.Ordinal));
        Checkpoint kept = Assert.Single(trial.Checkpoints);
        Assert.Equal(6, kept.Step);
        Assert.Equal(kept.Bytes, (await stores.Artifacts.FindAsync(kept.Name, CancellationToken.None))!.Value.Length);
    }

    private static async Task<bool> IsSavedAsync(StoreSet stores, string id, long step) =>
        (await stores.Inbox.ReadAsync(id, 1000, CancellationToken.None)).OfType<TrialCheckpointed>().Any(saved => saved.Checkpoint.Step == step)
        || (await stores.Trials.FindAsync(id, 1, CancellationToken.None))!.Checkpoints.Any(known => known.Step == step);

    private static async Task<string> StatusAsync(int process)
    {
        try
        {
            return await File.ReadAllTextAsync($"/proc/{process}/stat");
        }
        catch (IOException)
        {
            return ") Z"; // it ended while it was looked at
        }
    }

    private string? FileOf(string id, string name) =>
        Path.Combine(_work.Data, "experiments", id, "trials", "1", name) is var path && File.Exists(path) ? path : null;
}
