using System.Text.Json;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>The options --n_jobs, --independent and --site of run and local_run.</summary>
public sealed class JobsTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Jobs_share_one_experiment()
    {
        SmallProject.Write(_hpo, trials: 4);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "-n", "3", "--json");
        JsonElement shown = Json(await _hpo.SucceedAsync("experiment", "show", Json(run).GetProperty("experiment").GetString()!, "--json"));
        Assert.Equal(3, shown.GetProperty("maxConcurrent").GetInt32());
    }

    [Fact]
    public async Task Independent_experiments_have_seeds_made_from_one_and_the_best_of_all_is_told()
    {
        SmallProject.Write(_hpo, trials: 4);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--n_jobs", "3", "--independent", "--seed", "5", "--json");
        CliResult again = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--n_jobs", "3", "--independent", "--seed", "5", "--json");

        Assert.Equal(3, Ids(run).Distinct().Count());
        Assert.Equal(3, Values(run).Distinct().Count());
        Assert.Equal(Values(run), Values(again));
        JsonElement best = Json(run).GetProperty("best");
        Assert.Equal(Values(run).Min(), best.GetProperty("value").GetDouble());
        Assert.Equal(Ids(run)[Array.IndexOf(Values(run), Values(run).Min())], best.GetProperty("experiment").GetString());

        ulong[] seeds = [.. Ids(run).Select(id => Json(_hpo.SucceedAsync("experiment", "show", id, "--json").Result).GetProperty("seed").GetUInt64())];
        Assert.Equal(5ul, seeds[0]);
        CliResult second = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", $"{seeds[1]}", "--json");
        Assert.Equal(Values(run)[1], Json(second).GetProperty("best").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task People_get_a_table()
    {
        SmallProject.Write(_hpo, trials: 2);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--n_jobs", "2", "--independent", "--seed", "5");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Matches("^experiment +seed +state +trials +failed +loss +trial$", lines[0]);
        Assert.Matches("^small-[a-z0-9]+-1 +5 +succeeded +2 +0 +[0-9.E-]+ +[12]$", lines[1]);
        Assert.StartsWith("best loss of all ", lines[3], StringComparison.Ordinal);
        Assert.Contains("4/4 trials", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_one_fails_the_run_and_the_others_still_count()
    {
        SmallProject.Write(
            _hpo,
            $"""
            import os
            def objective(config, reporter):
                if os.environ["HPO_EXPERIMENT"].endswith("-2"):
                    raise ValueError("no data")
                reporter(loss=(config["x"] - 1) ** 2)
            """,
            trials: 2);
        CliResult run = await _hpo.RunAsync("local_run", SmallProject.Name, "--n_jobs", "2", "--independent", "--json");
        Assert.Equal(1, run.Code);
        Assert.Equal(["Succeeded", "Failed"], Json(run).GetProperty("experiments").EnumerateArray().Select(e => e.GetProperty("status").GetString()!));
        Assert.Equal(Ids(run)[0], Json(run).GetProperty("best").GetProperty("experiment").GetString());
    }

    [Fact]
    public async Task Interrupted_ones_go_on_one_by_one()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 0), trials: 2, concurrent: 1);
        using CancellationTokenSource interrupt = new();
        Task<CliResult> running = _hpo.RunAsync(interrupt.Token, "local_run", SmallProject.Name, "--n_jobs", "2", "--independent", "--json");
        string experiments = Path.Combine(_hpo.Folder, "hpo-data", "experiments");
        await SmallProject.UntilAsync(() => Directory.Exists(experiments) && Directory.GetFiles(experiments, "log.txt", SearchOption.AllDirectories).Length == 2);
        await interrupt.CancelAsync();
        CliResult first = await running;

        Assert.Equal(130, first.Code);
        _hpo.Write("go", string.Empty);
        Assert.Equal(2, Ids(first).Length);
        foreach (string id in Ids(first))
        {
            Assert.Contains($"resume with: hpo local_run --resume {id} --data ", first.Error, StringComparison.Ordinal);
            await _hpo.SucceedAsync("local_run", "--resume", id);
        }
    }

    [Fact]
    public async Task A_service_gives_the_same()
    {
        await using EmbeddedHost host = await _hpo.ServeAsync();
        SmallProject.Write(_hpo, trials: 3);

        CliResult served = await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine", "--n_jobs", "2", "--independent", "--seed", "5", "--wait", "--json");
        CliResult started = await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine", "--n_jobs", "2", "--independent", "--seed", "5");
        CliResult local = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--n_jobs", "2", "--independent", "--seed", "5", "--json");
        CliResult shared = await _hpo.SucceedAsync("run", SmallProject.Name, "--n_jobs", "4", "--site", "local", "--time", "60", "--wait", "--json");
        CliResult elsewhere = await _hpo.RunAsync("run", SmallProject.Name, "--site", "moon");

        Assert.Equal(["mine-1", "mine-2"], Ids(served));
        Assert.Equal("mine-1\nmine-2\n", started.Output);
        Assert.Equal(Values(local), Values(served));
        JsonElement shown = Json(await _hpo.SucceedAsync("experiment", "show", Json(shared).GetProperty("experiment").GetString()!, "--json"));
        Assert.Equal((4, "local"), (shown.GetProperty("maxConcurrent").GetInt32(), shown.GetProperty("site").GetString()));
        Assert.Contains("moon", elsewhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_of_the_installation_runs_the_trials()
    {
        _hpo.Write("hpo-data/sites.json", """{"cores": {"type": "cpu", "n_parallel": 2}}""");
        SmallProject.Write(_hpo, trials: 2);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--site", "cores", "--json");
        CliResult trials = await _hpo.SucceedAsync("experiment", "trials", Json(run).GetProperty("experiment").GetString()!, "--json");
        Assert.Equal(2, trials.Output.Split("\"site\":\"cores\"").Length - 1);

        CliResult unknown = await _hpo.RunAsync("local_run", SmallProject.Name, "--site", "moon");
        Assert.Equal(2, unknown.Code);
        Assert.Contains("moon", unknown.Error, StringComparison.Ordinal);
        await _hpo.SucceedAsync("local_run", SmallProject.Name, "--site", "ANY");
    }

    [Theory]
    [InlineData("--n_jobs", "--n_jobs", "0")]
    [InlineData("--n_jobs", "--n_jobs", "2", "--max_concurrent", "2")]
    [InlineData("--independent", "--independent")]
    [InlineData("--independent", "--independent", "--n_jobs", "1001")]
    [InlineData("--site", "--site", "a,,b")]
    [InlineData("--site", "--site", "a,a")]
    [InlineData("--search_points", "--independent", "--n_jobs", "2", "--search_points", """[{"x": 1}]""")]
    public async Task Options_that_cannot_be_meant_are_refused(string named, params string[] options)
    {
        SmallProject.Write(_hpo);
        CliResult result = await _hpo.RunAsync(["local_run", SmallProject.Name, .. options]);
        Assert.Equal(2, result.Code);
        Assert.StartsWith($"error: {named} ", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "hpo-data")));
    }

    private static JsonElement Json(CliResult result) => JsonDocument.Parse(result.Output).RootElement;

    private static string[] Ids(CliResult result) => [.. Json(result).GetProperty("experiments").EnumerateArray().Select(e => e.GetProperty("experiment").GetString()!)];

    private static double[] Values(CliResult result) =>
        [.. Json(result).GetProperty("experiments").EnumerateArray().Select(e => e.GetProperty("best").GetProperty("value").GetDouble())];
}
