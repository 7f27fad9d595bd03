using System.Text.Json;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>Several metrics, constraints, initial points and warm starts, from the command line to the result.</summary>
public sealed class SearchGoalsTests : IDisposable
{
    private const string TwoMetrics =
        """
        def objective(config, reporter):
            x = config["x"]
            reporter(loss=(x - 1) ** 2, speed=x, excess=x - 2)
        """;

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Result_of_several_metrics_has_the_front_and_its_hypervolume()
    {
        SmallProject.Write(_hpo, TwoMetrics, more: """, "metrics": ["loss:min", "speed:max"], "reference_point": [100, -6], "constraints": ["excess"]""");

        JsonElement json = Json(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7", "--json"));

        Assert.Equal(
            ["experiment", "project", "status", "metric", "mode", "trials", "steps", "best", "elapsed_s", "reason", "front", "hypervolume"],
            json.EnumerateObject().Select(member => member.Name));
        JsonElement[] front = [.. json.GetProperty("front").EnumerateArray()];
        Assert.NotEmpty(front);
        Assert.All(front, member => Assert.InRange(member.GetProperty("values").GetProperty("speed").GetDouble(), double.MinValue, 2));
        double[] losses = [.. front.Select(member => member.GetProperty("values").GetProperty("loss").GetDouble())];
        double[] speeds = [.. front.Select(member => member.GetProperty("values").GetProperty("speed").GetDouble())];
        Assert.Equal(losses.Order(), losses);
        Assert.Equal(speeds.Order(), speeds);
        Assert.Equal(json.GetProperty("best").GetProperty("trial").GetInt32(), front[0].GetProperty("trial").GetInt32());
        Assert.Equal("""{"loss":100,"speed":-6}""", json.GetProperty("hypervolume").GetProperty("reference").GetRawText());
        Assert.InRange(json.GetProperty("hypervolume").GetProperty("value").GetDouble(), 1, 800);
    }

    [Fact]
    public async Task Result_and_show_for_people_have_the_front_as_a_table()
    {
        SmallProject.Write(_hpo, TwoMetrics, more: """, "metrics": ["loss:min", "speed:max"]""");

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7");
        string id = Path.GetFileName(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments"))[0]);
        CliResult show = await _hpo.SucceedAsync("experiment", "show", id);
        CliResult explain = await _hpo.SucceedAsync("experiment", "explain", id);
        CliResult trials = await _hpo.SucceedAsync("experiment", "trials", id);

        Assert.Matches("^trial +loss +speed +x\n", run.Output);
        Assert.Matches("\nPareto front: [0-9]+ trials; hypervolume [0-9.]+ up to loss [0-9.]+, speed -[0-9.]+\n", run.Output);
        Assert.Matches("\ntrial +loss +speed +x\n", show.Output);
        Assert.Contains("the smallest loss and the largest speed", explain.Output, StringComparison.Ordinal);
        Assert.Contains("On the Pareto front are the trials ", explain.Output, StringComparison.Ordinal);
        Assert.Matches("^trial +state +loss +speed +x\n", trials.Output);
    }

    [Fact]
    public async Task Example_with_two_objectives_has_a_front_of_beams_that_hold()
    {
        JsonElement json = Json(await _hpo.SucceedAsync("local_run", Path.Combine(Repository.Root, "examples", "two_objectives"), "--num_trials", "16", "--seed", "1", "--json"));

        Assert.Equal(16, json.GetProperty("trials").GetProperty("completed").GetInt32());
        Assert.NotEmpty(json.GetProperty("front").EnumerateArray());
        Assert.All(json.GetProperty("front").EnumerateArray().Select(member => member.GetProperty("config")), beam =>
            Assert.InRange(600 / (beam.GetProperty("width").GetDouble() * Math.Pow(beam.GetProperty("height").GetDouble(), 2)), 0, 1));
    }

    [Fact]
    public async Task Best_of_a_run_in_which_nothing_meets_the_constraints_says_so()
    {
        SmallProject.Write(_hpo, "def objective(config, reporter):\n    reporter(loss=0, excess=6 + config['x'])\n", trials: 3, more: """, "constraints": ["excess"]""");

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7");
        JsonElement json = Json(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7", "--json"));

        Assert.Contains("no trial meets them", run.Output, StringComparison.Ordinal);
        JsonElement best = json.GetProperty("best");
        Assert.Equal(6 + best.GetProperty("config").GetProperty("x").GetDouble(), best.GetProperty("violation").GetDouble(), 12);
    }

    [Fact]
    public async Task Trial_that_reports_no_constraint_has_failed()
    {
        SmallProject.Write(_hpo, trials: 2, more: """, "constraints": ["excess"]""");

        CliResult run = await _hpo.RunAsync("local_run", SmallProject.Name);

        Assert.Equal(1, run.Code);
        Assert.Contains("constraint 'excess' is missing", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_points_are_all_that_is_tried_and_explained()
    {
        SmallProject.Write(_hpo);
        _hpo.Write("points.json", """[{"x": 3}, {"x": -2.5}]""");

        JsonElement json = Json(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--search_points", "points.json", "--json"));

        Assert.Equal("""{"completed":2,"failed":0,"stopped":0,"total":2}""", json.GetProperty("trials").GetRawText());
        Assert.Equal("""{"trial":1,"value":4,"config":{"x":3.0}}""", json.GetProperty("best").GetRawText());
        CliResult explained = await _hpo.SucceedAsync("experiment", "explain", json.GetProperty("experiment").GetString()!, "2");
        Assert.Contains("it was started: given by the user as initial point 2 of 2", explained.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "--search_points")]
    [InlineData("[{\"x\": 9}]", "--search_points[0].x")]
    [InlineData("no_such_file.json", "--search_points")]
    public async Task Search_points_that_are_none_are_refused(string points, string path)
    {
        SmallProject.Write(_hpo);

        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name, "-p", points, "--num_trials", "3");

        Assert.Equal(2, result.Code);
        Assert.Equal([path, "--num_trials"], result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public async Task Warm_start_learns_from_an_earlier_run_and_says_what_it_left_out()
    {
        SmallProject.Write(_hpo, trials: 8);
        string earlier = Json(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--seed", "7", "--json")).GetProperty("experiment").GetString()!;
        SmallProject.Write(_hpo, trials: 2, more: $", \"warm_start\": \"{earlier}\"");
        _hpo.Write($"{SmallProject.Name}/search_space.json", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 5}}}""");

        CliResult run = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");

        JsonElement json = Json(run);
        Assert.Matches($"warm start: [1-7] trials of {earlier}; left out: [1-7] outside the search space\n", run.Error);
        Assert.Equal(2, json.GetProperty("trials").GetProperty("total").GetInt32());
        CliResult shown = await _hpo.SucceedAsync("experiment", "show", json.GetProperty("experiment").GetString()!, "--json");
        JsonElement warm = Json(shown).GetProperty("warmStart");
        Assert.Equal(8, warm.GetProperty("trials").GetInt32() + warm.GetProperty("outside").GetInt32());
        CliResult explained = await _hpo.SucceedAsync("experiment", "explain", json.GetProperty("experiment").GetString()!);
        Assert.Contains("Its search began with ", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Warm_start_of_what_is_of_no_use_is_refused_and_nothing_is_stored()
    {
        SmallProject.Write(_hpo, trials: 2);
        string earlier = Json(await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json")).GetProperty("experiment").GetString()!;
        _hpo.Write($"{SmallProject.Name}/hpo_config.json", $$"""{"metric": "cost", "warm_start": ["{{earlier}}", "nobody"]}""");

        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name);

        Assert.Equal(2, result.Code);
        Assert.Contains($"hpo_config.warm_start[0] must have an ended trial that reported cost; it optimises loss, was \"{earlier}\"", result.Error, StringComparison.Ordinal);
        Assert.Contains("hpo_config.warm_start[1] must be an experiment that exists here, was \"nobody\"", result.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Combine(_hpo.Folder, "hpo-data", "experiments")), folder => Path.GetFileName(folder)[0] != '.');
    }

    private static JsonElement Json(CliResult result) => JsonDocument.Parse(result.Output).RootElement;
}
