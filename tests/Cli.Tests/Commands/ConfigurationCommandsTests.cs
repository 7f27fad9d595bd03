using System.Text.Json;

namespace HpoServerless.Cli.Tests.Commands;

public sealed class ConfigurationCommandsTests : IDisposable
{
    private const string Space = """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}, "y": {"method": "normal", "dimension": {"mu": 0, "sigma": 1}}}""";
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Create_stores_every_option_and_shows_it()
    {
        CliResult result = await _hpo.SucceedAsync(
            "hpo_config", "create", "a", "-a", "random", "-m", "loss", "-o", "min", "-s", "None", "-n", "20", "-c", "4", "-l", "./logs", "-v", "--stop", """{"loss": 0.1}""",
            "-r", """{"cpu": 2}""", "--scheduler_param", "{}", "--algorithm_param", "{}", "-e", "accuracy", "auc", "--seed", "5", "--time_limit_s", "1.5", "--isolate");

        JsonElement expected = JsonDocument.Parse("""
            {"algorithm": "random", "metric": "loss", "mode": "min", "scheduler": "none", "num_trials": 20, "max_concurrent": 4, "log_dir": "./logs", "verbose": 1,
             "stop": {"loss": 0.1}, "resource": {"cpu": 2}, "scheduler_param": {}, "algorithm_param": {}, "extra_metrics": ["accuracy", "auc"], "seed": 5, "time_limit_s": 1.5, "isolate": true}
            """).RootElement;
        JsonElement stored = await _hpo.ShowAsync("hpo_config", "a");
        Assert.True(JsonElement.DeepEquals(expected, stored), stored.GetRawText());
        Assert.Contains("num_trials", result.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_hpo.Folder, "config", "hpo", "a.json")));
    }

    [Theory]
    [InlineData("grid_config", "grid", "-s", "A,B", "-c", "image", "-r", "-i", "in", "-o", "out")]
    [InlineData("model_config", "model", "-s", "t.py", "-m", "f", "-p", "{\"x\": 1}")]
    [InlineData("model_config", "model", "--command", "[\"./run.sh\"]")]
    [InlineData("search_space", "search_space", Space)]
    [InlineData("search_space", "search_space", "-s", Space)]
    [InlineData("search_space", "search_space", "--search_space", Space)]
    public async Task Create_stores_each_kind_in_its_folder(string group, string folder, params string[] options)
    {
        await _hpo.SucceedAsync([group, "create", "a", .. options]);

        Assert.Equal([Path.Combine("config", folder, "a.json")], _hpo.Files().Keys);
        Assert.Equal(Path.Combine(_hpo.Folder, "config", folder, "a.json"), (await _hpo.SucceedAsync(group, "where", "a")).Output.Trim());
        Assert.Equal("a", (await _hpo.SucceedAsync(group, "list")).Output.Trim());
    }

    [Fact]
    public async Task Create_over_an_existing_name_changes_nothing_and_recreate_replaces()
    {
        await _hpo.SucceedAsync("hpo_config", "create", "a", "-n", "5", "-m", "loss");
        SortedDictionary<string, string> before = _hpo.Files();

        Assert.Equal(2, (await _hpo.RunAsync("hpo_config", "create", "a", "-n", "6")).Code);
        Assert.Equal(before, _hpo.Files());

        await _hpo.SucceedAsync("hpo_config", "recreate", "a", "-n", "6");
        JsonElement stored = await _hpo.ShowAsync("hpo_config", "a");
        Assert.Equal((6, "accuracy"), (stored.GetProperty("num_trials").GetInt32(), stored.GetProperty("metric").GetString()));
    }

    [Fact]
    public async Task Update_replaces_only_what_is_given()
    {
        await _hpo.SucceedAsync("hpo_config", "create", "a", "-n", "5", "-m", "loss", "-v");

        await _hpo.SucceedAsync("hpo_config", "update", "a", "-n", "6");

        JsonElement stored = await _hpo.ShowAsync("hpo_config", "a");
        Assert.Equal((6, "loss", 1), (stored.GetProperty("num_trials").GetInt32(), stored.GetProperty("metric").GetString(), stored.GetProperty("verbose").GetInt32()));
    }

    [Fact]
    public async Task Update_search_space_replaces_hyperparameters_whole_and_keeps_the_others()
    {
        await _hpo.SucceedAsync("search_space", "create", "s", Space);

        await _hpo.SucceedAsync("search_space", "update", "s", """{"y": {"method": "uniform", "dimension": {"low": 2, "high": 3}}}""");

        JsonElement stored = await _hpo.ShowAsync("search_space", "s");
        Assert.Equal("uniform", stored.GetProperty("x").GetProperty("method").GetString());
        Assert.Equal("uniform", stored.GetProperty("y").GetProperty("method").GetString());
        Assert.Equal(2, stored.GetProperty("y").GetProperty("dimension").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("hpo_config.num_trials", "hpo_config", "create", "a", "-n", "-1")]
    [InlineData("hpo_config.num_trials", "hpo_config", "create", "a", "-n", "many")]
    [InlineData("hpo_config.max_concurrent", "hpo_config", "create", "a", "-c", "0")]
    [InlineData("hpo_config.mode", "hpo_config", "create", "a", "-o", "maximum")]
    [InlineData("hpo_config.algorithm", "hpo_config", "create", "a", "-a", "telepathy")]
    [InlineData("hpo_config.stop", "hpo_config", "create", "a", "--stop", "5")]
    [InlineData("--stop", "hpo_config", "create", "a", "--stop", "{\"a\":")]
    [InlineData("--scheduler_param", "hpo_config", "create", "a", "--scheduler_param", "max_t=9")]
    [InlineData("--param", "model_config", "create", "a", "-p", "{'x': 1}")]
    [InlineData("model_config.script", "model_config", "create", "a", "-s", "../t.py")]
    [InlineData("search_space", "search_space", "create", "a", "{\"x\"}")]
    [InlineData("--search_space", "search_space", "create", "a", "-s", "{\"x\"}")]
    [InlineData("search_space", "search_space", "create", "a")]
    [InlineData("search_space", "search_space", "create", "a", Space, "-s", Space)]
    [InlineData("search_space.x.high", "search_space", "create", "a", "{\"x\": {\"method\": \"uniform\", \"dimension\": {\"low\": 0}}}")]
    [InlineData("hpo_config name", "hpo_config", "create", "../a")]
    [InlineData("hpo_config name", "hpo_config", "show", "a")]
    [InlineData("hpo_config name", "hpo_config", "update", "a", "-n", "5")]
    [InlineData("hpo_config name", "hpo_config", "remove", "a*")]
    public async Task Invalid_input_ends_with_2_names_the_place_and_stores_nothing(string place, params string[] args)
    {
        CliResult result = await _hpo.RunAsync(args);

        Assert.Equal(2, result.Code);
        Assert.Contains($"error: {place} ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Empty(_hpo.Files());
    }

    [Fact]
    public async Task Invalid_input_lists_every_fault_on_its_own_line()
    {
        CliResult result = await _hpo.RunAsync("hpo_config", "create", "a", "-n", "0", "-c", "0", "-o", "up", "--stop", "{", "--resource", "[");

        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_filters_by_pattern_and_remove_takes_wildcards()
    {
        foreach (string name in new[] { "test_1", "test_2", "keep" })
        {
            await _hpo.SucceedAsync("grid_config", "create", name);
        }

        Assert.Equal(["test_1", "test_2"], (await _hpo.SucceedAsync("grid_config", "list", "--expr", "test_?")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("""["keep","test_1","test_2"]""", (await _hpo.SucceedAsync("grid_config", "list", "--json")).Output.Trim());

        await _hpo.SucceedAsync("grid_config", "remove", "test_*");
        Assert.Equal("keep", (await _hpo.SucceedAsync("grid_config", "list")).Output.Trim());
    }

    [Fact]
    public async Task Show_damaged_file_ends_with_2_and_names_it()
    {
        _hpo.Write("config/hpo/a.json", "{\n  \"metric\": \n}");

        CliResult result = await _hpo.RunAsync("hpo_config", "show", "a");

        Assert.Equal(2, result.Code);
        Assert.Contains(Path.Combine("config", "hpo", "a.json"), result.Error, StringComparison.Ordinal);
        Assert.Contains("line 3", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show", "search_space", "[]")]
    [InlineData("show", "search_space", """{"x": 3}""")]
    [InlineData("show", "hpo", """{"num_trials": 0}""")]
    [InlineData("update", "hpo", "3")]
    public async Task Stored_file_that_somebody_broke_ends_with_2(string verb, string folder, string content)
    {
        _hpo.Write($"config/{folder}/a.json", content);

        Assert.Equal(2, (await _hpo.RunAsync(folder == "hpo" ? "hpo_config" : folder, verb, "a")).Code);
    }

    [Fact]
    public async Task Base_path_comes_from_the_environment()
    {
        _hpo.Set("HPOGRID_BASE_PATH", Path.Combine(_hpo.Folder, "old"));
        await _hpo.SucceedAsync("hpo_config", "create", "a");
        _hpo.Set("HPO_BASE_PATH", "new");
        await _hpo.SucceedAsync("hpo_config", "create", "a");

        Assert.Equal([Path.Combine("new", "config", "hpo", "a.json"), Path.Combine("old", "config", "hpo", "a.json")], _hpo.Files().Keys);
    }
}
