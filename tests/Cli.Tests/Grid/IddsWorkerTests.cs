using System.Globalization;
using System.Text.Json.Nodes;
using HpoServerless.Cli.Tests.Run;
using HpoServerless.Contracts.Idds;

namespace HpoServerless.Cli.Tests.Grid;

/// <summary>Searches that iDDS keeps, with <c>hpo generate</c> as its steering program and <c>hpo idds_run --request</c> as its evaluation.</summary>
public sealed class IddsWorkerTests : IAsyncLifetime
{
    private readonly CliRunner _hpo = new();
    private IddsDouble _idds = null!;

    public async ValueTask InitializeAsync() => _idds = await IddsDouble.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _idds.DisposeAsync();
        _hpo.Dispose();
    }

    [Theory]
    [InlineData("min", "--request")]
    [InlineData("max", "--workload")]
    public async Task Search_is_carried_to_its_end(string mode, string option)
    {
        SmallProject.Write(_hpo);
        _hpo.Write("small/hpo_config.json", $$"""{"metric": "loss", "mode": "{{mode}}", "max_concurrent": 2}""");
        _idds.Steer = SteerAsync;
        _idds.AsksPerGeneration = 2;
        long request = Begin(points: 9, perIteration: 4);

        CliResult result = await RunAsync(option, option == "--request" ? request.ToString(CultureInfo.InvariantCulture) : "55", "--wait", "5");

        Assert.True(result.Code == 0, result.Error);
        IddsDoubleSearch search = Assert.Single(_idds.Searches);
        Assert.Equal(("Finished", 9), (search.Status, search.Points.Count));
        Assert.All(search.Points, point => Assert.Equal(Math.Pow((double)point.Parameters["x"]! - 1, 2) * (mode == "min" ? 1 : -1), point.Loss!.Value, 9));
        Assert.Contains("9 points evaluated, 0 failed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_points_stay_unevaluated_and_the_others_are_not_held_up()
    {
        SmallProject.Write(_hpo, objective: "def objective(config, reporter):\n    assert config['x'] != 2, 'not two'\n    reporter(loss=config['x'])\n", concurrent: 2);
        long request = Begin(points: 9, perIteration: 4, "1", "2", "3", "9", "0");

        CliResult result = await RunAsync("--request", request.ToString(CultureInfo.InvariantCulture));

        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Equal([1, null, 3, null, 0], _idds.Searches[0].Points.Select(point => point.Loss));
        Assert.Contains("error: point 2: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("error: point 4: point 4.x must be a value of this uniform parameter", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_points_have_the_loss_that_was_asked_for()
    {
        SmallProject.Write(_hpo, objective: "def objective(config, reporter):\n    assert config['x'] != 2, 'not two'\n    reporter(loss=config['x'])\n");
        long request = Begin(points: 2, perIteration: 4, "1", "2");

        CliResult result = await RunAsync("--request", request.ToString(CultureInfo.InvariantCulture), "--failed_loss", "1e6", "--wait", "0");

        Assert.Equal(0, result.Code);
        Assert.Equal([1, 1e6], _idds.Searches[0].Points.Select(point => point.Loss));
    }

    [Fact]
    public async Task Evaluated_points_are_not_evaluated_again()
    {
        SmallProject.Write(_hpo);
        long request = Begin(points: 3, perIteration: 4, "1", "2", "3");
        _idds.Searches[0].Points[0].Loss = 0;
        _idds.Searches[0].Points[1].Loss = double.NaN;

        CliResult result = await RunAsync("--request", request.ToString(CultureInfo.InvariantCulture), "--wait", "0");

        Assert.Equal([0, double.NaN, 4], _idds.Searches[0].Points.Select(point => point.Loss));
        Assert.Contains("1 points evaluated", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_that_is_away_is_an_error_of_its_own()
    {
        SmallProject.Write(_hpo);
        for (int i = 0; i < 3; i++)
        {
            _idds.Refusals.Enqueue(500);
        }

        CliResult result = await RunAsync("--request", "1");

        Assert.Equal(ExitCode.Service, result.Code);
        Assert.Contains("error: iDDS refused GET /hpo/null/1/null/null/null", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--wait needs --request or --workload", "--wait", "1")]
    [InlineData("--request must be at least 1, was 0", "--request", "0")]
    [InlineData("--max_concurrent must be at least 1, was 0", "--request", "1", "--max_concurrent", "0")]
    [InlineData("--url must be an https address", "--request", "1", "--url", "ftp://x")]
    [InlineData("--input must be left out", "--request", "1", "--input", "x.json")]
    [InlineData("--failed_loss must be a finite number", "--request", "1", "--failed_loss", "NaN")]
    public async Task Wrong_options_are_told(string message, params string[] options)
    {
        SmallProject.Write(_hpo);

        CliResult result = await _hpo.RunAsync(["idds_run", SmallProject.Name, .. options]);

        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(_idds.Requests);
    }

    private Task<CliResult> RunAsync(params string[] options) => _hpo.RunAsync(["idds_run", SmallProject.Name, "--url", _idds.Url.AbsoluteUri, .. options]);

    private long Begin(int points, int perIteration, params string[] values)
    {
        long request = _idds.Begin(new()
        {
            ["workload_id"] = 55,
            ["max_points"] = points,
            ["num_points_per_iteration"] = perIteration,
            ["opt_space"] = JsonNode.Parse(_hpo.Files()["small/search_space.json"]),
        });
        foreach (string value in values)
        {
            _idds.Searches[0].Add(new() { ["x"] = double.Parse(value, CultureInfo.InvariantCulture) }, null);
        }

        return request;
    }

    private async Task<JsonArray> SteerAsync(JsonObject input, int count, int most)
    {
        _hpo.Write("in.json", input.ToJsonString());
        await _hpo.SucceedAsync("generate", "-n", Text(count), "-m", Text(most), "-i", "in.json", "-o", "out.json", "--library", "hyperopt");
        return JsonNode.Parse(_hpo.Files()["out.json"])!.AsArray();

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
