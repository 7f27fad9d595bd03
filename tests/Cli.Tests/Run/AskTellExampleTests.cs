using System.Text.Json;
using System.Text.RegularExpressions;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>Runs what the README of <c>examples/ask_tell</c> says.</summary>
public sealed partial class AskTellExampleTests : IAsyncLifetime
{
    private static readonly string Example = Path.Combine(Repository.Root, "examples", "ask_tell");

    private readonly CliRunner _hpo = new();
    private EmbeddedHost? _host;

    private string Readme { get; set; } = string.Empty;

    private string Url => _host!.BaseAddress!.ToString();

    public async ValueTask InitializeAsync()
    {
        Readme = await File.ReadAllTextAsync(Path.Combine(Example, "README.md"));
        string first = SitesLines().Match(Readme).Value;
        CliResult written = await Shell.RunAsync("sh", ["-ec", first], _hpo.Folder);
        Assert.True(written.Code == 0 && first.Length > 0, written.Error);
        _host = await EmbeddedHost.StartAsync(new() { DataFolder = Path.Combine(_hpo.Folder, "hpo-data"), HttpPort = 0, StopGrace = TimeSpan.Zero });
        _hpo.Set("HPO_KEY", _host.Keys.Function);
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task The_client_evaluates_all_trials_of_the_project_that_the_readme_names()
    {
        await RunAsync(project => project);

        CliResult client = await ClientAsync(Path.Combine(Example, "client.py"));

        Assert.True(client.Code == 0, client.Output + client.Error);
        JsonElement trials = await TrialsAsync();
        Assert.Equal((3, 0), (trials.GetProperty("completed").GetInt32(), trials.GetProperty("failed").GetInt32()));
    }

    [Fact]
    public async Task A_client_whose_trials_all_fail_says_so()
    {
        SmallProject.Write(_hpo, trials: 3);
        await RunAsync(_ => SmallProject.Name);

        CliResult client = await ClientAsync(Path.Combine(Example, "client.py"));

        Assert.Equal(1, client.Code);
        Assert.Contains("KeyError", client.Output, StringComparison.Ordinal);
    }

    /// <summary>The README's command that starts the experiment, at this host, with few trials.</summary>
    private async Task RunAsync(Func<string, string> project)
    {
        string[] words = RunLine().Match(Readme).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["run", "examples/simple_objective"], words[..2]);
        words = [.. words.Select(word => word.StartsWith("http", StringComparison.Ordinal) ? Url : word)];
        await _hpo.SucceedAsync([words[0], project(Path.Combine(Repository.Root, words[1])), .. words[2..], "--num_trials", "3"]);
    }

    private Task<CliResult> ClientAsync(string program) =>
        Shell.RunAsync("python3", [program, Url, "mine"], _hpo.Folder, new Dictionary<string, string> { ["HPO_KEY"] = _host!.Keys.Function });

    private async Task<JsonElement> TrialsAsync() =>
        JsonDocument.Parse((await _hpo.SucceedAsync("experiment", "show", "mine", "--json", "--url", Url)).Output).RootElement.GetProperty("trials");

    [GeneratedRegex(@"^ +mkdir .*\n +echo .*$", RegexOptions.Multiline)]
    private static partial Regex SitesLines();

    [GeneratedRegex(@"^ +\./hpo (run .*)$", RegexOptions.Multiline)]
    private static partial Regex RunLine();
}
