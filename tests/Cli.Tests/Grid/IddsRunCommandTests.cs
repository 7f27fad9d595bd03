using System.Text.Json;
using HpoServerless.Cli.Tests.Run;

namespace HpoServerless.Cli.Tests.Grid;

public sealed class IddsRunCommandTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Point_is_evaluated_by_one_trial_whatever_the_project_says_of_searching()
    {
        SmallProject.Write(_hpo, more: """, "algorithm": "tpe", "scheduler": "asynchyperband", "target": -5, "points_to_evaluate": [{"x": 4}]""");
        _hpo.Write("input.json", """{"x": 3}""");

        await _hpo.SucceedAsync("idds_run", SmallProject.Name);

        Assert.Equal("""{"status":0,"loss":4,"message":""}""", Written("output.json").GetRawText());
        JsonElement meta = Written("userJobMetadata.json");
        Assert.Equal(
            ["project_name", "start_datetime", "end_datetime", "start_timestamp", "task_time_s", "hyperparameters", "metric", "mode", "best_config", "result"],
            meta.EnumerateObject().Select(member => member.Name));
        Assert.Matches(@"^\d\d/\d\d/\d{4}, \d\d:\d\d:\d\d$", meta.GetProperty("start_datetime").GetString());
        Assert.Equal("""{"x":3.0}""", meta.GetProperty("best_config").GetRawText());
        JsonProperty row = Assert.Single(meta.GetProperty("result").EnumerateObject());
        Assert.Equal("0", row.Name);
        Assert.Equal(["time_s", "x", "loss"], row.Value.EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("max", "input.json", "-4")]
    [InlineData("min", "input_hyperparameters.json", "4")]
    public async Task Loss_is_what_idds_makes_small(string mode, string input, string loss)
    {
        SmallProject.Write(_hpo);
        _hpo.Write("small/hpo_config.json", $$"""{"metric": "loss", "mode": "{{mode}}"}""");
        _hpo.Write(input, """{"x": 3}""");

        await _hpo.SucceedAsync("idds_run", SmallProject.Name);

        Assert.Equal(loss, Written("output.json").GetProperty("loss").GetRawText());
        Assert.Equal(4, Written("userJobMetadata.json").GetProperty("result").GetProperty("0").GetProperty("loss").GetDouble());
    }

    [Fact]
    public async Task Several_points_have_a_list_of_losses_in_their_order()
    {
        SmallProject.Write(_hpo);
        _hpo.Write("points.json", """[{"x": 3}, {"x": 1}, {"x": 3}, {"x": 0}]""");

        await _hpo.SucceedAsync("idds_run", SmallProject.Name, "--input", "points.json", "--output", "losses.json", "--meta", "meta.json");

        Assert.Equal("""{"status":0,"loss":[4,0,4,1],"message":""}""", Written("losses.json").GetRawText());
        Assert.Equal(3, Written("meta.json").GetProperty("result").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("--input", "pt.json", "--output", "pt.json")]
    [InlineData("--input", "pt.json", "--meta", "./pt.json")]
    [InlineData("--output", "input.json")]
    [InlineData("--output", "o.json", "--meta", "o.json")]
    [InlineData("--output", "link.json")]
    public async Task Files_that_are_one_are_refused_and_nothing_is_changed(params string[] args)
    {
        SmallProject.Write(_hpo);
        _hpo.Write("pt.json", """{"x": 3}""");
        _hpo.Write("input.json", """{"x": 3}""");
        File.CreateSymbolicLink(Path.Combine(_hpo.Folder, "link.json"), Path.Combine(_hpo.Folder, "input.json"));
        SortedDictionary<string, string> before = _hpo.Files();

        CliResult result = await _hpo.RunAsync(["idds_run", SmallProject.Name, .. args]);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains("must be a file of its own", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, _hpo.Files());
    }

    [Fact]
    public async Task Loss_of_the_point_before_is_gone_while_the_next_one_runs()
    {
        SmallProject.Write(_hpo, objective: $"import os\ndef objective(config, reporter):\n    reporter(loss=1 if os.path.exists(r'{Path.Combine(_hpo.Folder, "output.json")}') else 0)\n");
        _hpo.Write("input.json", """{"x": 3}""");
        _hpo.Write("output.json", """{"status":0,"loss":7,"message":""}""");

        await _hpo.SucceedAsync("idds_run", SmallProject.Name);

        Assert.Equal("""{"status":0,"loss":0,"message":""}""", Written("output.json").GetRawText());
    }

    [Fact]
    public async Task Project_may_be_the_current_folder()
    {
        _hpo.Write("scripts/train.py", SmallProject.Objective);
        _hpo.Write("config/project_config.json", """
            {"project_name": "mine", "scripts_path": "/nowhere/else", "model_config": {"script": "train.py", "model": "objective"},
             "search_space": {"x": {"method": "uniform", "dimension": {"low": -5, "high": 5}}}, "hpo_config": {"metric": "loss", "mode": "min"}}
            """);
        _hpo.Write("input.json", """{"x": 0}""");

        await _hpo.SucceedAsync("idds_run", "mine");
        CliResult other = await _hpo.RunAsync("idds_run", "yours");

        Assert.Equal(ExitCode.Invalid, other.Code);
        Assert.Contains("must be the project of this folder, mine", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"y": 1}""", "input.json.x is missing", "input.json.y is not a hyperparameter of this space")]
    [InlineData("""{"x": 7}""", "input.json.x must be a value of this uniform parameter", "was 7")]
    [InlineData("[]", "must have at least one point", "")]
    [InlineData("3", "must be an object {hyperparameter: value}", "")]
    [InlineData("{", "must be JSON", "")]
    [InlineData(null, "--input is missing", "input_hyperparameters.json")]
    public async Task Bad_point_is_told_in_the_output_as_well(string? input, string message, string also)
    {
        SmallProject.Write(_hpo);
        if (input is not null)
        {
            _hpo.Write("input.json", input);
        }

        CliResult result = await _hpo.RunAsync("idds_run", SmallProject.Name);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Invalid, Written("output.json").GetProperty("status").GetInt32());
        Assert.Equal(JsonValueKind.Null, Written("output.json").GetProperty("loss").ValueKind);
        Assert.Contains(message, Written("output.json").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(also, Written("output.json").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_hpo.Folder, "hpo-data")));
    }

    [Fact]
    public async Task Failed_trial_is_a_failure_with_its_message()
    {
        SmallProject.Write(_hpo, objective: "def objective(config, reporter):\n    raise ValueError('no luck')\n");
        _hpo.Write("input.json", """{"x": 3}""");

        CliResult result = await _hpo.RunAsync("idds_run", SmallProject.Name);

        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Contains("no luck", result.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, Written("output.json").GetProperty("status").GetInt32());
        Assert.Contains("no luck", Written("output.json").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(Written("userJobMetadata.json").GetProperty("result").EnumerateObject());
    }

    [Fact]
    public async Task One_failed_point_of_several_has_no_loss()
    {
        SmallProject.Write(_hpo, objective: "def objective(config, reporter):\n    assert config['x'] != 2, 'not two'\n    reporter(loss=config['x'])\n");
        _hpo.Write("input.json", """[{"x": 1}, {"x": 2}]""");

        CliResult result = await _hpo.RunAsync("idds_run", SmallProject.Name);

        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Equal("[1,null]", Written("output.json").GetProperty("loss").GetRawText());
        Assert.StartsWith("point 1: ", Written("output.json").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private JsonElement Written(string file) => JsonDocument.Parse(_hpo.Files()[file]).RootElement;
}
