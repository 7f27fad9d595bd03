using System.Text.Json;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>A person answers the trials of a passive site.</summary>
public sealed class TellCommandTests : IAsyncLifetime
{
    private readonly CliRunner _hpo = new();
    private EmbeddedHost? _host;

    public async ValueTask InitializeAsync()
    {
        _hpo.Write("server/sites.json", """{"desk": {"type": "passive"}}""");
        _host = await EmbeddedHost.StartAsync(new() { DataFolder = Path.Combine(_hpo.Folder, "server"), HttpPort = 0, StopGrace = TimeSpan.Zero });
        _hpo.Set("HPO_URL", _host.BaseAddress!.ToString());
        _hpo.Write("key.txt", $"{_host.Keys.Function}\n");
        _hpo.Set("HPO_KEY_FILE", "key.txt");
        SmallProject.Write(_hpo, trials: 3);
        string config = Path.Combine(_hpo.Folder, SmallProject.Name, "hpo_config.json");
        string text = await File.ReadAllTextAsync(config);
        await File.WriteAllTextAsync(config, $"{text.TrimEnd()[..^1]}, \"sites\": [\"desk\"]}}");
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task Trials_are_shown_and_answered_one_after_another()
    {
        await _hpo.SucceedAsync("run", SmallProject.Name, "--id", "mine");
        foreach (string[] answer in (string[][])[["--metric", "loss=3"], ["--metric", "loss=1.5", "--metric", "seconds=7"], ["--failed", "it broke"]])
        {
            CliResult shown = await _hpo.SucceedAsync("experiment", "tell", "mine");
            while (shown.Output.Length == 0)
            {
                shown = await _hpo.SucceedAsync("experiment", "tell", "mine");
            }

            Assert.Contains("x", shown.Output, StringComparison.Ordinal);
            Assert.Contains("--metric loss=", shown.Error, StringComparison.Ordinal);
            Assert.Equal("taken\n", (await _hpo.SucceedAsync(["experiment", "tell", "mine", .. answer])).Output);
        }

        JsonElement view;
        do
        {
            view = JsonDocument.Parse((await _hpo.SucceedAsync("experiment", "show", "mine", "--json")).Output).RootElement;
        }
        while (!view.TryGetProperty("endedAt", out _));

        Assert.Equal(1.5, view.GetProperty("best").GetProperty("value").GetDouble());
        Assert.Equal(1, view.GetProperty("trials").GetProperty("failed").GetInt32());
        CliResult late = await _hpo.RunAsync("experiment", "tell", "mine", "3", "--metric", "loss=0");
        Assert.Equal(2, late.Code);
    }

    [Fact]
    public async Task What_is_no_answer_is_refused()
    {
        CliResult result = await _hpo.RunAsync("experiment", "tell", "mine", "--metric", "loss", "--metric", "=3", "--failed", "no");
        Assert.Equal(2, result.Code);
        Assert.Equal(3, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--metric", "--metric", "loss=1", "--metric", "loss=2")]
    [InlineData("--step", "--step", "5")]
    [InlineData("--step", "--step", "5", "--failed", "it broke")]
    [InlineData("--failed", "--failed", "")]
    public async Task What_would_be_lost_is_refused(string fault, params string[] answer)
    {
        CliResult result = await _hpo.RunAsync(["experiment", "tell", "mine", "1", .. answer]);
        Assert.Equal(2, result.Code);
        Assert.StartsWith($"error: {fault} ", Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
