using System.Text.Json;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>Sites of type cpu and gpu in the data folder's sites.json.</summary>
public sealed class MachineSitesTests : IDisposable
{
    private const string Objective = """
        import os


        def objective(config, reporter):
            cards = os.environ.get("CUDA_VISIBLE_DEVICES", "none")
            reporter(loss=(config["x"] - 1) ** 2, first=int(cards[0]) if cards else -1, cards=len(cards.split(",")) if cards else 0)
        """;

    private readonly CliRunner _hpo = new();

    public MachineSitesTests() => _hpo.Write("hpo-data/sites.json", """{"cards": {"type": "gpu", "gpus": [0, 1]}, "cores": {"type": "cpu", "n_parallel": 2}}""");

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Trials_of_several_sites_get_what_their_site_gives()
    {
        SmallProject.Write(_hpo, Objective, trials: 8, concurrent: 4, more: """, "sites": ["cards", "cores"]""");
        CliResult result = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        string id = JsonDocument.Parse(result.Output).RootElement.GetProperty("experiment").GetString()!;

        CliResult trials = await _hpo.SucceedAsync("experiment", "trials", id, "--json");

        (string Site, double Card)[] seen = [.. Lines(trials).Select(trial =>
            (trial.GetProperty("site").GetString()!, trial.GetProperty("reports")[0].GetProperty("metrics").GetProperty("first").GetDouble()))];
        Assert.Equal(["cards", "cores"], seen.Select(trial => trial.Site).Distinct().Order());
        Assert.All(seen, trial => Assert.InRange(trial.Card, trial.Site == "cards" ? 0 : -1, trial.Site == "cards" ? 1 : -1));
    }

    [Fact]
    public async Task A_trial_gets_two_cards_where_it_needs_two()
    {
        SmallProject.Write(_hpo, Objective, trials: 2, more: """, "sites": ["cards"], "resource": {"gpu": 2}""");
        CliResult result = await _hpo.SucceedAsync("local_run", SmallProject.Name, "--json");
        string id = JsonDocument.Parse(result.Output).RootElement.GetProperty("experiment").GetString()!;
        CliResult trials = await _hpo.SucceedAsync("experiment", "trials", id, "--json");
        Assert.All(Lines(trials), trial => Assert.Equal(2, trial.GetProperty("reports")[0].GetProperty("metrics").GetProperty("cards").GetDouble()));
    }

    [Fact]
    public async Task More_than_there_is_is_refused_at_the_start()
    {
        SmallProject.Write(_hpo, Objective, more: """, "sites": ["cards", "cores"], "resource": {"gpu": 3}""");
        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name);
        Assert.Equal(2, result.Code);
        Assert.Contains("hpo_config.resource.gpu", result.Error, StringComparison.Ordinal);
        Assert.Contains("(site cards)", result.Error, StringComparison.Ordinal);
        Assert.Contains("(site cores)", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_is_not_there_is_refused_with_those_that_are()
    {
        SmallProject.Write(_hpo, Objective, more: """, "sites": ["cards", "nope"]""");
        CliResult result = await _hpo.RunAsync("local_run", SmallProject.Name);
        Assert.Equal(2, result.Code);
        string error = Assert.Single(result.Error.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.All(["hpo_config.sites", "nope", "cards", "cores", "local"], word => Assert.Contains(word, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sites_that_serve_refuses_are_not_shown_as_usable()
    {
        _hpo.Write("hpo-data/sites.json", """{"Local": {"type": "cpu"}, "odd": {"type": "nonsense"}, "cards": {"type": "gpu", "gpus": [0, 0]}}""");
        CliResult served = await _hpo.RunAsync("serve", "--port", "0");
        CliResult listed = await _hpo.RunAsync("sites", "--installed");
        Assert.Equal((2, 2), (served.Code, listed.Code));
        Assert.Empty(listed.Output);
        Assert.Equal(served.Error, listed.Error);
        Assert.All(["Sites:Local ", "Sites:odd:Type ", "Sites:cards:gpus"], place => Assert.Contains($"error: {place}", listed.Error, StringComparison.Ordinal));
    }

    private static IEnumerable<JsonElement> Lines(CliResult result) =>
        result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);
}
