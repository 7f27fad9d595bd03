using System.Text.Json;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>The examples, run on this machine by the built program.</summary>
public sealed class LocalRunTests : IDisposable
{
    private readonly Workplace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Simple_objective_runs_200_trials_3_at_once_and_finds_their_minimum()
    {
        HpoEnd run = await RunAsync("simple_objective");

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, run, "--data", _work.Data);
        JsonElement best = run.Result().GetProperty("best");
        Assert.Equal("""{"completed":200,"failed":0,"stopped":0,"total":200}""", run.Counts());
        Assert.Equal(Enumerable.Range(1, 200), trials.Select(t => t.GetProperty("trial").GetInt32()));
        Assert.Equal(trials.Min(t => t.GetProperty("value").GetDouble()), best.GetProperty("value").GetDouble());
        Assert.Equal(trials[best.GetProperty("trial").GetInt32() - 1].GetProperty("config").GetRawText(), best.GetProperty("config").GetRawText());
        Assert.InRange(Results.MostAtOnce(trials), 2, 3);
    }

    [Fact]
    public async Task Simple_objective_tries_the_same_configurations_for_the_same_seed_whatever_runs_at_once()
    {
        string[][] tried =
        [
            Results.Configurations(await Results.TrialsAsync(_work.Folder, await RunAsync("simple_objective"), "--data", _work.Data)),
            Results.Configurations(await Results.TrialsAsync(_work.Folder, await RunAsync("simple_objective"), "--data", _work.Data)),
            Results.Configurations(await Results.TrialsAsync(_work.Folder, await RunAsync("simple_objective", "--max_concurrent", "8"), "--data", _work.Data)),
        ];

        Assert.Equal(200, tried[0].Distinct().Count());
        Assert.Equal(tried[0], tried[1]);
        Assert.Equal(tried[0], tried[2]);
    }

    [Fact]
    public async Task Simple_trainable_succeeds_and_fails_exactly_where_beta_is_0()
    {
        HpoEnd run = await RunAsync("simple_trainable");

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, run, "--data", _work.Data);
        int[] zero = [.. trials.Where(t => t.GetProperty("config").GetProperty("beta").GetDouble() == 0).Select(Number)];
        Assert.Equal("Succeeded", run.Result().GetProperty("status").GetString());
        Assert.NotEmpty(zero);
        Assert.Equal(zero, trials.Where(t => t.GetProperty("state").GetString() == "Failed").Select(Number));
        Assert.All(trials, t => Assert.Equal(
            zero.Contains(Number(t)) ? "ZeroDivisionError: division by zero" : null,
            t.GetProperty("error").GetString()?.Split('\n')[0]));
    }

    [Fact]
    public async Task Ctrl_C_ends_with_130_and_resume_ends_with_the_result()
    {
        await using HpoProcess run = HpoProcess.Start(_work.Folder, "local_run", Workplace.Project, "--data", _work.Data);
        using Adapters.Stores.Journal.JournalStores stores = new(_work.Data, TimeProvider.System);
        string id = await Until.NotNullAsync(_work.FindExperiment);
        TrialWatch watch = new(stores.All, id);
        while (await watch.CountAsync() < 20)
        {
            await Task.Delay(5);
        }

        await run.InterruptAsync();
        HpoEnd end = await run.EndAsync();
        await watch.LookAsync();
        HpoEnd resumed = await HpoProcess.SucceedAsync(_work.Folder, "local_run", "--resume", id, "--data", _work.Data, "--json");

        Assert.Equal(130, end.Code);
        Assert.Contains($"resume with: hpo local_run --resume {id} --data {_work.Data}", end.Error, StringComparison.Ordinal);
        Assert.Equal("""{"completed":200,"failed":0,"stopped":0,"total":200}""", resumed.Counts());
        await watch.DemandWholeAsync();
    }

    private Task<HpoEnd> RunAsync(string example, params string[] more) => HpoProcess.SucceedAsync(
        _work.Folder, ["local_run", Path.Combine(Repository.Root, "examples", example), "--seed", "1", "--json", "--data", _work.Data, .. more]);

    private static int Number(JsonElement trial) => trial.GetProperty("trial").GetInt32();
}
