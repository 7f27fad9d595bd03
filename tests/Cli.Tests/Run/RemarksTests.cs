using System.Text.Json;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>What people are told that they would not notice otherwise.</summary>
public sealed class RemarksTests : IDisposable
{
    private const string NineSteps =
        """
        def objective(config, reporter):
            for step in range(9):
                reporter(loss=(config["x"] - 1) ** 2 + 1 / (step + 1))
        """;

    private const string NothingToDecide = "warning: the scheduler asynchyperband has nothing to decide";

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Trials_that_began_anew_are_in_the_result_and_in_the_explanation()
    {
        SmallProject.Write(_hpo, NineSteps, trials: 5, concurrent: 1, more: """, "scheduler": "custom_brackets", "scheduler_param": {"num_configs_list": [4, 2], "budgets_list": [2, 6], "n_iterations": 1}""");
        const string remark = "\n([12]) of \\1 resumes found no checkpoint to go on from and started from the beginning, so that [24] steps were gone again: let the program save itself";

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7");
        string id = Path.GetFileName(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments"))[0]);
        CliResult explained = await _hpo.SucceedAsync("experiment", "explain", id);
        CliResult shown = await _hpo.SucceedAsync("experiment", "show", id);

        Assert.Matches(remark, run.Output);
        Assert.Matches(remark, shown.Output);
        Assert.Matches(remark, explained.Output);
        Assert.Contains("it was resumed: it has no checkpoint, so it starts from the beginning.", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Population_that_cannot_save_itself_is_in_the_result()
    {
        SmallProject.Write(_hpo, NineSteps, trials: 4, concurrent: 4, more: """, "scheduler": "pbt", "scheduler_param": {"perturbation_interval": 2, "max_t": 6}""");

        JsonElement result = JsonDocument.Parse((await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7", "--json")).Output).RootElement;

        Assert.StartsWith("no trial saved its state, so pbt could let none go on from another", result.GetProperty("remarks")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_that_leaves_the_scheduler_nothing_is_a_warning_wherever_it_is_given()
    {
        SmallProject.Write(_hpo, trials: 1, more: """, "scheduler_param": {"max_t": 27}""");

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        CliResult stored = await _hpo.SucceedAsync("hpo_config", "create", "a", "--scheduler_param", """{"max_t": 27}""");
        CliResult meant = await _hpo.SucceedAsync("hpo_config", "create", "b", "--scheduler_param", """{"max_t": 27}""", "--stop", """{"training_iteration": 27}""");

        Assert.Contains(NothingToDecide, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, JsonDocument.Parse(run.Output).RootElement.GetProperty("trials").GetProperty("completed").GetInt32());
        Assert.Contains(NothingToDecide, stored.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", meant.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Project_with_a_stop_that_leaves_the_scheduler_nothing_is_warned_of()
    {
        _hpo.Write("s/t.py", "def f(c, r):\n    r(loss=1)\n");
        await _hpo.SucceedAsync("hpo_config", "create", "a", "--scheduler_param", """{"max_t": 27}""", "-m", "loss");
        await _hpo.SucceedAsync("model_config", "create", "a", "-s", "t.py", "-m", "f");
        await _hpo.SucceedAsync("search_space", "create", "a", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");

        CliResult result = await _hpo.SucceedAsync("project", "create", "p", "-p", "s", "-o", "a", "-m", "a", "-s", "a");

        Assert.Contains(NothingToDecide, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Experiment_that_goes_on_with_another_ones_algorithm_says_so()
    {
        SmallProject.Write(_hpo, trials: 3);
        string earlier = Id(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json"));
        SmallProject.Write(_hpo, trials: 1, more: """, "algorithm": "bohb" """);

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--previous_result", earlier, "--json");
        CliResult resumed = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--previous_result", earlier, "--warm_start_strategy", "resume", "--json");

        string said = $"goes on with the random search of experiment {earlier} in its search space; this project's bohb search and search space are not looked at";
        Assert.Contains($"the experiment {said}\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("goes on with", resumed.Error, StringComparison.Ordinal);
        Assert.Contains($"\nIt {said}.\n", (await _hpo.SucceedAsync("experiment", "explain", Id(run))).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("goes on with", (await _hpo.SucceedAsync("experiment", "explain", Id(resumed))).Output, StringComparison.Ordinal);
    }

    private static string Id(CliResult result) => JsonDocument.Parse(result.Output).RootElement.GetProperty("experiment").GetString()!;
}
