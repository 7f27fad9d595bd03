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
    public async Task Version_is_one_line() => Assert.Matches(@"^\d+\.\d+\.\d+ \(data version 1\)\s*$", (await RunAsync("--version")).Output);

    [Fact]
    public async Task Data_of_a_newer_version_are_refused_with_both_versions()
    {
        string mark = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "hpo-data", "rows", "store")).FullName, "version@00000000000000000001");
        await File.WriteAllTextAsync(mark, """{"version":2,"program":"9.8.7"}""");

        CliResult result = await RunAsync("experiment", "list");

        Assert.Equal(2, result.Code);
        Assert.Contains("holds data of version 2, written by HpoServerless 9.8.7; this program reads versions up to 1", result.Error, StringComparison.Ordinal);
    }

    private Task<CliResult> RunAsync(params string[] args) =>
        Shell.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "hpo.dll"), .. args], _folder, new Dictionary<string, string> { ["HPO_BASE_PATH"] = _folder });
}
