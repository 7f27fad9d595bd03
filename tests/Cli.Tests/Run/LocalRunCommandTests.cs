using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Cli.Tests.Run;

public sealed class LocalRunCommandTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Result_is_one_object_and_nothing_else()
    {
        SmallProject.Write(_hpo);

        CliResult result = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7", "--json");

        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(
            ["experiment", "project", "status", "metric", "mode", "trials", "steps", "best", "elapsed_s", "reason"],
            json.EnumerateObject().Select(m => m.Name));
        Assert.Equal("""{"completed":12,"failed":0,"stopped":0,"total":12}""", json.GetProperty("trials").GetRawText());
        Assert.Equal(("small", "Succeeded", "loss", "min"), (Text(json, "project"), Text(json, "status"), Text(json, "metric"), Text(json, "mode")));
        double x = json.GetProperty("best").GetProperty("config").GetProperty("x").GetDouble();
        Assert.Equal((x - 1) * (x - 1), json.GetProperty("best").GetProperty("value").GetDouble(), 12);
        Assert.Contains("12/12 trials", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Result_for_people_shows_ten_trials_best_first()
    {
        SmallProject.Write(_hpo);

        CliResult result = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7");

        string[] lines = result.Output.Split('\n');
        Assert.Matches("^trial +state +loss +x$", lines[0]);
        double[] losses = [.. lines[1..11].Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]))];
        Assert.Equal(losses.Order(), losses);
        Assert.Contains("seed 7", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_without_seed_says_its_seed_and_repeats_with_it()
    {
        SmallProject.Write(_hpo, trials: 4);
        CliResult first = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        string seed = Regex.Match(first.Error, "^experiment small-[a-z0-9]+, seed ([0-9]+) ").Groups[1].Value;

        CliResult second = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json", "--seed", seed, "--max_concurrent", "4");

        Assert.Equal(Best(first), Best(second));
    }

    [Fact]
    public async Task Faults_of_options_and_project_are_told_together_and_nothing_is_stored()
    {
        SmallProject.Write(_hpo, more: ", \"seed\": -1");

        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, "--num_trials", "0", "--time", "-1");

        Assert.Equal(2, result.Code);
        Assert.Equal(["--time", "--num_trials", "hpo_config.seed"], result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1]));
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "hpo-data")));
    }

    [Fact]
    public async Task Data_folder_that_cannot_be_made_is_invalid_input()
    {
        SmallProject.Write(_hpo);
        string file = Path.Combine(_hpo.Folder, "a_file");
        await File.WriteAllTextAsync(file, string.Empty, TestContext.Current.CancellationToken);

        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, "--data", file);

        Assert.Equal(2, result.Code);
        Assert.Contains("error: --data ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seed", "many")]
    [InlineData("--max_concurrent", "2.5")]
    [InlineData("--time", "soon")]
    public async Task Option_of_the_wrong_type_is_refused_without_the_name_of_a_type(string option, string value)
    {
        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, option, value);

        Assert.Equal(2, result.Code);
        Assert.Contains(value, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Experiment_of_which_every_trial_fails_ends_with_1()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    raise ValueError('no data')\n", trials: 3);

        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, "--json");

        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(1, result.Code);
        Assert.Equal("Failed", Text(json, "status"));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("best").ValueKind);
    }

    [Fact]
    public async Task Interrupted_run_goes_on_with_resume()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 3));
        using CancellationTokenSource interrupt = new();
        Task<CliResult> running = _hpo.RunAsync(interrupt.Token, "local_run", SmallProject.Name, "--max_concurrent", "1", "--json");
        await SmallProject.UntilAsync(() => SmallProject.Journal(_hpo)?.Contains("\"running\":1,\"paused\":0,\"completed\":3", StringComparison.Ordinal) == true);
        await interrupt.CancelAsync();

        CliResult first = await running;

        string id = Path.GetFileName(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments"))[0]);
        Assert.Equal(130, first.Code);
        Assert.Equal("Running", Text(JsonDocument.Parse(first.Output).RootElement, "status"));
        Assert.Contains($"resume with: hpo local_run --resume {id} --data ", first.Error, StringComparison.Ordinal);

        _hpo.Write("go", string.Empty);
        CliResult second = await _hpo.SucceedAsync("local_run", "--resume", id, "--json");
        CliResult again = await _hpo.SucceedAsync("local_run", "--resume", id, "--json");

        Assert.Equal("""{"completed":12,"failed":0,"stopped":0,"total":12}""", JsonDocument.Parse(second.Output).RootElement.GetProperty("trials").GetRawText());
        Assert.Equal(second.Output, again.Output);
    }

    [Fact]
    public async Task Resuming_what_does_not_exist_says_what_does()
    {
        SmallProject.Write(_hpo, trials: 1);
        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");

        CliResult result = await _hpo.RunAsync("local_run", "--resume", "other");

        Assert.Equal(2, result.Code);
        Assert.Contains(Text(JsonDocument.Parse(run.Output).RootElement, "experiment")!, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resuming_takes_no_other_definition()
    {
        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, "--resume", "other", "--seed", "1");

        Assert.Equal(2, result.Code);
        Assert.Equal(["--seed", "PROJECT"], result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public async Task Second_run_of_a_running_experiment_is_refused()
    {
        SmallProject.Write(_hpo, SmallProject.Waiting(_hpo.Folder, quick: 0), trials: 2);
        Task<CliResult> running = _hpo.RunAsync("local_run", SmallProject.Name, "--json");
        await SmallProject.UntilAsync(() => SmallProject.Journal(_hpo)?.Contains("\"turn\":1,", StringComparison.Ordinal) == true);
        string id = Path.GetFileName(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments"))[0]);

        CliResult result = await _hpo.RunAsync("local_run", "--resume", id);

        _hpo.Write("go", string.Empty);
        Assert.Equal(0, (await running).Code);
        Assert.Equal(2, result.Code);
        Assert.Contains($"process {Environment.ProcessId}", result.Error, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();

    private static string Best(CliResult result) => JsonDocument.Parse(result.Output).RootElement.GetProperty("best").GetRawText();
}
