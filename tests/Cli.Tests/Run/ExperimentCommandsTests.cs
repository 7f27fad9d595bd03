using System.Text.Json;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>The command <c>experiment</c> on a data folder that no process uses.</summary>
public sealed class ExperimentCommandsTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Trials_as_json_are_one_line_each_with_every_member()
    {
        string id = await RunAsync();

        CliResult result = await _hpo.SucceedAsync("experiment", "trials", id, "--json");

        JsonElement[] trials = Lines(result);
        Assert.Equal(Enumerable.Range(1, 12), trials.Select(t => t.GetProperty("trial").GetInt32()));
        Assert.All(trials, t => Assert.Equal(
            ["trial", "state", "value", "config", "reports", "segments", "site", "startedAt", "endedAt", "error", "reason"],
            t.EnumerateObject().Select(m => m.Name)));
        Assert.All(trials, t => Assert.Equal(
            ("Completed", 1, "local"),
            (t.GetProperty("state").GetString(), t.GetProperty("segments").GetInt32(), t.GetProperty("site").GetString())));
        JsonElement report = trials[0].GetProperty("reports")[0];
        Assert.Equal(["step", "metrics", "at"], report.EnumerateObject().Select(m => m.Name));
        Assert.Equal(trials[0].GetProperty("value").GetDouble(), report.GetProperty("metrics").GetProperty("loss").GetDouble());
    }

    [Fact]
    public async Task Trials_by_value_show_the_best_first_and_no_more_than_wanted()
    {
        string id = await RunAsync();

        JsonElement[] trials = Lines(await _hpo.SucceedAsync("experiment", "trials", id, "--json", "--sort", "value", "--limit", "5"));

        double[] values = [.. trials.Select(t => t.GetProperty("value").GetDouble())];
        double[] all = [.. Lines(await _hpo.SucceedAsync("experiment", "trials", id, "--json")).Select(t => t.GetProperty("value").GetDouble())];
        Assert.Equal(all.Order().Take(5), values);
    }

    [Fact]
    public async Task Logs_are_what_the_trial_printed()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    print('hello from the trial')\n    reporter(loss=1)\n", trials: 1);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        string id = JsonDocument.Parse(run.Output).RootElement.GetProperty("experiment").GetString()!;

        Assert.Equal("hello from the trial\n", (await _hpo.SucceedAsync("experiment", "logs", id, "1")).Output);
        Assert.Equal(2, (await _hpo.RunAsync("experiment", "logs", id, "7")).Code);
    }

    [Fact]
    public async Task Values_that_are_no_numbers_are_text()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    reporter(loss=float('nan'), other=float('inf'))\n", trials: 1);
        CliResult run = await _hpo.RunAsync("local_run", SmallProject.Name, "--json");
        string id = JsonDocument.Parse(run.Output).RootElement.GetProperty("experiment").GetString()!;

        JsonElement trial = Lines(await _hpo.SucceedAsync("experiment", "trials", id, "--json"))[0];

        JsonElement metrics = trial.GetProperty("reports")[0].GetProperty("metrics");
        Assert.Equal(("nan", "inf"), (metrics.GetProperty("loss").GetString(), metrics.GetProperty("other").GetString()));
        Assert.Equal("Failed", trial.GetProperty("state").GetString());
        Assert.Contains("nan", trial.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_has_the_newest_first()
    {
        string first = await RunAsync();
        string second = await RunAsync();

        JsonElement[] list = Lines(await _hpo.SucceedAsync("experiment", "list", "--json"));

        Assert.Equal([second, first], list.Select(e => e.GetProperty("experiment").GetString()!));
    }

    [Fact]
    public async Task Explanation_tells_of_the_experiment_and_of_every_trial()
    {
        string id = await RunAsync();

        CliResult all = await _hpo.SucceedAsync("experiment", "explain", id);
        CliResult one = await _hpo.SucceedAsync("experiment", "explain", id, "7");

        Assert.Contains("smallest loss", all.Output, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(1, 12), n => Assert.Contains($"Trial {n} (completed)", all.Output, StringComparison.Ordinal));
        Assert.StartsWith("Trial 7 (completed)", one.Output, StringComparison.Ordinal);
        Assert.Contains("random", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_experiment_can_be_stopped_and_removed()
    {
        string id = await InterruptAsync();
        CliResult early = await _hpo.RunAsync("experiment", "delete", id);

        CliResult stopped = await _hpo.SucceedAsync("experiment", "stop", id);
        JsonElement[] trials = Lines(await _hpo.SucceedAsync("experiment", "trials", id, "--json"));
        CliResult resumed = await _hpo.SucceedAsync("local_run", "--resume", id, "--json");
        await _hpo.SucceedAsync("experiment", "delete", id);
        CliResult missing = await _hpo.RunAsync("experiment", "show", id);

        Assert.Equal(2, early.Code);
        Assert.Contains("it is stopped", stopped.Output, StringComparison.Ordinal);
        Assert.Equal(["Completed", "Completed", "Completed", "Stopped"], trials.Select(t => t.GetProperty("state").GetString()));
        Assert.Equal("Stopped", JsonDocument.Parse(resumed.Output).RootElement.GetProperty("status").GetString());
        Assert.Equal(2, missing.Code);
        Assert.Empty(Lines(await _hpo.SucceedAsync("experiment", "list", "--json")));
    }

    [Fact]
    public async Task Removed_experiment_leaves_no_checkpoint_and_no_log()
    {
        string id = await RunAsync();
        string[] names = [TrialLog.NameFor(id, 1), Checkpoint.NameFor(new(id, 1, 0), 1, new string('0', 64)), TrialLog.NameFor("other", 1)];
        using (JournalStores stores = new(Path.Combine(_hpo.Folder, "hpo-data"), TimeProvider.System))
        {
            foreach (string name in names)
            {
                await stores.All.Artifacts.PutAsync(name, new byte[1], CancellationToken.None);
            }
        }

        await _hpo.SucceedAsync("experiment", "delete", id);

        using JournalStores after = new(Path.Combine(_hpo.Folder, "hpo-data"), TimeProvider.System);
        List<bool> left = [];
        foreach (string name in names)
        {
            left.Add(await after.All.Artifacts.FindAsync(name, CancellationToken.None) is not null);
        }

        Assert.Equal([false, false, true], left);
    }

    [Fact]
    public async Task Paused_experiment_goes_on_when_it_is_run_again()
    {
        string id = await InterruptAsync();
        await _hpo.SucceedAsync("experiment", "pause", id);
        JsonElement paused = Lines(await _hpo.SucceedAsync("experiment", "list", "--json"))[0];
        CliResult resumed = await _hpo.SucceedAsync("experiment", "resume", id);

        CliResult run = await _hpo.SucceedAsync("local_run", "--resume", id, "--json");

        Assert.Equal("Paused", paused.GetProperty("status").GetString());
        Assert.Contains($"hpo local_run --resume {id}", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(12, JsonDocument.Parse(run.Output).RootElement.GetProperty("trials").GetProperty("completed").GetInt32());
    }

    [Fact]
    public async Task Ended_experiment_takes_no_commands()
    {
        string id = await RunAsync();

        CliResult result = await _hpo.RunAsync("experiment", "stop", id);

        Assert.Equal(2, result.Code);
        Assert.Contains("Succeeded", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_folder_is_named()
    {
        CliResult result = await _hpo.RunAsync("experiment", "list", "--data", "elsewhere");

        Assert.Equal(2, result.Code);
        Assert.Contains("elsewhere", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement[] Lines(CliResult result) =>
        [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private async Task<string> RunAsync()
    {
        SmallProject.Write(_hpo);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("experiment").GetString()!;
    }

    /// <summary>An experiment of which three trials completed and the fourth was running; the next run of it will end.</summary>
    private async Task<string> InterruptAsync()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 3));
        using CancellationTokenSource interrupt = new();
        Task<CliResult> running = _hpo.RunAsync(interrupt.Token, "local_run", SmallProject.Name, "--max_concurrent", "1", "--json");
        await SmallProject.UntilAsync(() => SmallProject.Journal(_hpo)?.Contains("\"running\":1,\"paused\":0,\"completed\":3", StringComparison.Ordinal) == true);
        await interrupt.CancelAsync();
        string id = JsonDocument.Parse((await running).Output).RootElement.GetProperty("experiment").GetString()!;
        _hpo.Write("go", string.Empty);
        return id;
    }
}
