using System.Text.Json;

namespace HpoServerless.Cli.Tests.Grid;

public sealed class GenerateCommandTests : IDisposable
{
    private const string Space = """{"x": {"method": "uniform", "dimension": {"low": -5, "high": 5}}}""";

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task More_points_than_anybody_can_use_are_refused()
    {
        CliResult result = await _hpo.RunAsync("generate", "-n", "100001", "--library", "random", "--space", """{"x": {"method": "uniform", "dimension": {"low": 0, "high": 1}}}""");
        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains("--n_point", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Points_go_to_the_output_file_and_nothing_is_printed()
    {
        _hpo.Write("in.json", $$"""{"points": [[{"x": 1}, 0.0], [{"x": 2}, null], [{"x": 3}, NaN], [{"x": -1}, -Infinity]], "opt_space": {{Space}}}""");

        CliResult result = await _hpo.SucceedAsync("generate", "--n_point", "5", "--max_point", "6", "--infile", "in.json", "--outfile", "out/next.json", "--library", "hyperopt", "--metric", "loss", "--mode", "min");

        Assert.Empty(result.Output);
        Assert.Equal(2, Written("out/next.json").GetArrayLength());
        Assert.All(Written("out/next.json").EnumerateArray(), point => Assert.InRange(point.GetProperty("x").GetDouble(), -5, 5));
    }

    [Fact]
    public async Task Letters_and_names_of_hpogrid_work()
    {
        _hpo.Write("in.json", """{"points": [], "opt_space": null}""");
        _hpo.Write("space.json", Space);

        CliResult result = await _hpo.SucceedAsync("generate", "-l", "nevergrad", "-s", "space.json", "-n", "2", "-m", "9", "-e", "accuracy", "-d", "max", "-i", "in.json", "-o", "out.json", "--method", "CMA");

        Assert.Equal(2, Written("out.json").GetArrayLength());
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Without_files_first_points_are_printed()
    {
        CliResult result = await _hpo.SucceedAsync("generate", "-n", "3", "--space", Space, "--seed", "5");

        Assert.Equal(3, JsonDocument.Parse(result.Output).RootElement.GetArrayLength());
        Assert.Equal(result.Output, (await _hpo.SucceedAsync("generate", "-n", "3", "--space", Space, "--seed", "5")).Output);
        Assert.NotEqual(result.Output, (await _hpo.SucceedAsync("generate", "-n", "3", "--space", Space, "--seed", "6")).Output);
    }

    [Theory]
    [InlineData("max", 1)]
    [InlineData("min", -1)]
    public async Task Mode_says_which_values_are_better(string mode, int side)
    {
        string points = string.Join(',', Enumerable.Range(-20, 40).Select(i => FormattableString.Invariant($"[{{\"x\": {i / 4.1}}}, {i / 4.1}]")));
        _hpo.Write("in.json", $$"""{"points": [{{points}}], "opt_space": {{Space}}}""");

        CliResult result = await _hpo.SucceedAsync("generate", "-n", "3", "-i", "in.json", "-d", mode, "--library", "bayesian");

        Assert.True(side * JsonDocument.Parse(result.Output).RootElement.EnumerateArray().Average(point => point.GetProperty("x").GetDouble()) > 0, result.Output);
    }

    [Theory]
    [InlineData("in.points[0][0].y is not a hyperparameter", "--infile", "unknown.json")]
    [InlineData("--infile must be JSON", "--infile", "broken.json")]
    [InlineData("--infile must be a file that can be read", "--infile", "missing.json")]
    [InlineData("--infile is missing", "--library", "random")]
    [InlineData("must be one of random, ", "--library", "magic")]
    [InlineData("hpo_config.algorithm_param.method must be one of", "--method", "Magic")]
    [InlineData("--max_point must be at least 0, was -1", "--max_point", "-1")]
    [InlineData("--mode must be min or max, was best", "--mode", "best")]
    [InlineData("--algorithm_param must be a JSON object", "--algorithm_param", "[]")]
    public async Task Bad_input_is_told_and_the_output_is_not_touched(string message, string option, string value)
    {
        _hpo.Write("unknown.json", $$"""{"points": [[{"x": 1, "y": 2}, 1]], "opt_space": {{Space}}}""");
        _hpo.Write("broken.json", """{"points": [""");
        _hpo.Write("good.json", $$"""{"points": [], "opt_space": {{Space}}}""");
        _hpo.Write("out.json", "kept");
        string[] files = option is "--infile" || message.StartsWith("--infile is missing", StringComparison.Ordinal) ? [] : ["--infile", "good.json"];

        CliResult result = await _hpo.RunAsync(["generate", "-n", "1", "--outfile", "out.json", option, value, .. files]);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(message.Replace("in.points", "--infile.points", StringComparison.Ordinal), result.Error, StringComparison.Ordinal);
        Assert.Equal("kept", _hpo.Files()["out.json"]);
    }

    private JsonElement Written(string file) => JsonDocument.Parse(_hpo.Files()[file]).RootElement;
}
