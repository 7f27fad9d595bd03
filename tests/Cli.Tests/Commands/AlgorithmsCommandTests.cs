using System.Text.Json;
using HpoServerless.Engine.Search;

namespace HpoServerless.Cli.Tests.Commands;

public sealed class AlgorithmsCommandTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Every_algorithm_is_listed_with_its_options()
    {
        CliResult result = await _hpo.SucceedAsync("algorithms", "--json");

        Dictionary<string, JsonElement> listed = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line)).ToDictionary(line => line.GetProperty("name").GetString()!);
        Assert.All(SearcherRegistry.Names.Concat(SearcherRegistry.Fronts), name => Assert.Equal("search", listed[name].GetProperty("kind").GetString()));
        Assert.Contains("tune", listed["random"].GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));
        Assert.Equal(["hb_bohb", "ultraopt_hyperband"], listed["bohbhyperband"].GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));
        Assert.Contains(listed["asynchyperband"].GetProperty("options").EnumerateArray(), option =>
            option.GetProperty("name").GetString() == "max_t" && option.GetProperty("default").GetString() == "100");
    }

    [Fact]
    public async Task One_algorithm_shows_defaults_and_rules()
    {
        string output = (await _hpo.SucceedAsync("algorithms", "asynchyperband")).Output;

        Assert.Contains("reduction_factor", output, StringComparison.Ordinal);
        Assert.Contains("must be above 1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_the_known_ones()
    {
        CliResult result = await _hpo.RunAsync("algorithms", "annealing");

        Assert.Equal(2, result.Code);
        Assert.Contains("sobol", result.Error, StringComparison.Ordinal);
    }
}
