namespace HpoServerless.Cli.Tests;

/// <summary>The program as it was built, in a process of its own.</summary>
public sealed class BuiltProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-built-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Program_stores_under_the_base_path_and_prints_plain_text()
    {
        CliResult created = await RunAsync("hpo_config", "create", "a", "-n", "5");

        Assert.Equal(0, created.Code);
        Assert.DoesNotContain('\u001b', created.Output);
        Assert.True(File.Exists(Path.Combine(_folder, "config", "hpo", "a.json")));
    }

    [Fact]
    public async Task Program_ends_with_2_on_invalid_input()
    {
        CliResult result = await RunAsync("hpo_config", "create", "a", "-n", "-5");

        Assert.Equal(2, result.Code);
        Assert.Contains("hpo_config.num_trials", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Version_is_one_line() => Assert.Matches(@"^\d+\.\d+\.\d+\s*$", (await RunAsync("--version")).Output);

    private Task<CliResult> RunAsync(params string[] args) =>
        Shell.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "hpo.dll"), .. args], _folder, new Dictionary<string, string> { ["HPO_BASE_PATH"] = _folder });
}
