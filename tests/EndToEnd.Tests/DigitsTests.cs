using System.Text.Json;
using HpoServerless.Contracts.Executors;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>Real training, stopped early and with checkpoints: a small version of the digits example.</summary>
public sealed class DigitsTests : IDisposable
{
    private readonly Workplace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Networks_are_trained_stopped_early_and_keep_their_state()
    {
        (string, string) python = ("HPO_PYTHON", await Pythons.WithScikitLearnAsync());

        HpoEnd run = await SucceedAsync([python], "local_run", Path.Combine(Repository.Root, "examples", "digits"), "--seed", "1", "--num_trials", "15", "--json", "--data", _work.Data);

        JsonElement[] trials = await Results.TrialsAsync(_work.Folder, run, "--data", _work.Data);
        JsonElement best = trials[run.Result().GetProperty("best").GetProperty("trial").GetInt32() - 1];
        long[] steps = [.. trials.Select(trial => (long)trial.GetProperty("reports").GetArrayLength())];
        Assert.Equal("Succeeded", run.Result().GetProperty("status").GetString());
        Assert.Equal(15, trials.Length);
        Assert.Equal(steps.Sum(), run.Result().GetProperty("steps").GetInt64());
        Assert.InRange(steps.Sum(), 15, 15 * 27 / 2);
        Assert.Contains(trials, trial => trial.GetProperty("state").GetString() == "Stopped");
        Assert.True(best.GetProperty("reports").EnumerateArray().Last().GetProperty("metrics").GetProperty("test_accuracy").GetDouble() > 0.9, best.GetRawText());
        JsonElement kept = best.GetProperty("checkpoints")[0];
        Assert.Equal(27, kept.GetProperty("step").GetInt64());
        Assert.True(kept.GetProperty("bytes").GetInt64() > 1000);
        HpoEnd told = await HpoProcess.SucceedAsync(_work.Folder, "experiment", "explain", run.Result().GetProperty("experiment").GetString()!, "--data", _work.Data);
        Assert.Contains("steps in all, which is", told.Output, StringComparison.Ordinal);
    }

    private async Task<HpoEnd> SucceedAsync((string Name, string Value)[] environment, params string[] args)
    {
        await using HpoProcess process = HpoProcess.Start(_work.Folder, environment, args);
        HpoEnd end = await process.EndAsync();
        Assert.True(end.Code == 0, $"hpo {string.Join(' ', args)} ended with {end.Code}: {end.Error}{end.Output}");
        return end;
    }
}
