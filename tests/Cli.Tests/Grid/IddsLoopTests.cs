using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Cli.Tests.Run;

namespace HpoServerless.Cli.Tests.Grid;

/// <summary>Plays iDDS: it keeps the points, asks the steering program for more when none is unevaluated, and has each evaluated.</summary>
public sealed class IddsLoopTests : IDisposable
{
    private const int MaxPoints = 16;

    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Theory]
    [InlineData("random", "min")]
    [InlineData("bayesian", "min")]
    [InlineData("bayesian", "max")]
    [InlineData("hyperopt", "max")]
    [InlineData("skopt", "min")]
    public async Task Loop_ends_with_as_many_points_as_there_may_be_and_finds_what_the_project_wants(string library, string mode)
    {
        string project = Example(mode);
        JsonElement[] points = await LoopAsync(project, library);

        Assert.Equal(MaxPoints, points.Length);
        Assert.Equal(MaxPoints, points.Select(point => point[0].GetRawText()).Distinct().Count());
        Assert.All(points, point => Assert.Equal(Objective(point[0]), (mode == "min" ? 1 : -1) * point[1].GetDouble(), 9));
        Assert.True(points.Min(point => point[1].GetDouble()) < (mode == "min" ? 1000 : -7000), $"the best of {library} is {points.Min(point => point[1].GetDouble())}");
        if (library != "random")
        {
            // Points drawn at random have 4000 on average.
            double late = points[^4..].Average(point => Objective(point[0]));
            Assert.True(mode == "min" ? late < 2000 : late > 6000, $"{library} ends around {late}");
        }
    }

    [Fact]
    public async Task Point_with_loss_zero_counts_as_evaluated()
    {
        SmallProject.Write(_hpo, objective: "def objective(config, reporter):\n    reporter(loss=0)\n");

        JsonElement[] points = await LoopAsync("small", "nevergrad", maxPoints: 4);

        Assert.Equal(4, points.Length);
        Assert.All(points, point => Assert.Equal(0, point[1].GetDouble()));
    }

    private static double Objective(JsonElement point)
    {
        double height = point.GetProperty("height").GetDouble();
        return ((height - 14) * (height - 14)) - Math.Abs(point.GetProperty("width").GetDouble() - 3);
    }

    private string Example(string mode)
    {
        string example = Path.Combine(Repository.Root, "examples", "simple_objective");
        foreach (string file in Directory.EnumerateFiles(example, "*", SearchOption.AllDirectories))
        {
            _hpo.Write(Path.Combine("project", "simple", Path.GetRelativePath(example, file)), File.ReadAllText(file));
        }

        _hpo.Write("project/simple/hpo_config.json", $$"""{"metric": "loss", "mode": "{{mode}}"}""");
        return "simple";
    }

    private async Task<JsonElement[]> LoopAsync(string project, string library, int maxPoints = MaxPoints)
    {
        string folder = Directory.Exists(Path.Combine(_hpo.Folder, "project", project)) ? Path.Combine("project", project) : project;
        JsonNode space = JsonNode.Parse(_hpo.Files()[Path.Combine(folder, "search_space.json")])!;
        JsonArray points = [];
        for (int round = 0; ; round++)
        {
            Assert.True(round <= maxPoints, "the loop never ends");
            _hpo.Write("idds_input.json", new JsonObject { ["points"] = points.DeepClone(), ["opt_space"] = space.DeepClone() }.ToJsonString());
            await _hpo.SucceedAsync(
                "generate", "--n_point", "4", "--max_point", maxPoints.ToString(CultureInfo.InvariantCulture), "--infile", "idds_input.json", "--outfile", "idds_output.json", "--library", library, "--seed", "3");
            JsonArray next = JsonNode.Parse(_hpo.Files()["idds_output.json"])!.AsArray();
            if (next.Count == 0)
            {
                return [.. JsonSerializer.SerializeToElement(points).EnumerateArray()];
            }

            _hpo.Write("input.json", next.ToJsonString());
            await _hpo.SucceedAsync("idds_run", project);
            JsonArray losses = JsonNode.Parse(_hpo.Files()["output.json"])!["loss"]!.AsArray();
            foreach ((int i, JsonNode? point) in next.Index())
            {
                points.Add(new JsonArray(point!.DeepClone(), losses[i]!.DeepClone()));
            }
        }
    }
}
