using System.Text.Json;

namespace HpoServerless.Cli.Tests.Commands.Grid;

/// <summary><c>hpo sites</c>: the installation's and the grid's.</summary>
public sealed class SitesCommandTests : IDisposable
{
    private const string Catalogue = """
        {
          "ANALY_GPU": {"state": "ACTIVE", "status": "online", "type": "analysis", "panda_resource": "ANALY_GPU", "maxinputsize": 20000, "maxmemory": 0, "maxtime": 345600, "corecount": 1},
          "UNIFIED_GPU": {"state": "ACTIVE", "status": "test", "type": "unified", "panda_resource": "UNIFIED_GPU"},
          "OLD_GPU": {"state": "INACTIVE", "status": "offline", "type": "analysis", "panda_resource": "OLD_GPU"},
          "PLAIN": {"state": "ACTIVE", "status": "online", "type": "unified", "panda_resource": "PLAIN", "queues": [1]},
          "PROD_GPU": {"state": "ACTIVE", "status": "online", "type": "production", "panda_resource": "PROD_GPU"}
        }
        """;

    private readonly CliRunner _hpo = new();

    public SitesCommandTests()
    {
        _hpo.Write("queues.json", Catalogue);
        _hpo.Write("hpo-data/sites.json", """{"grid": {"type": "panda", "account": "alice"}, "lab": {"type": "ssh", "nodes": ["a@b"]}}""");
    }

    public void Dispose() => _hpo.Dispose();

    [Fact]
    public async Task Active_queues_with_gpus_for_analysis_are_shown()
    {
        Assert.Equal(["ANALY_GPU", "UNIFIED_GPU"], await QueuesAsync());
        CliResult table = await _hpo.SucceedAsync("sites", "--source", "queues.json");
        Assert.Contains("ANALY_GPU", table.Output, StringComparison.Ordinal);
        Assert.Contains("345600", table.Output, StringComparison.Ordinal);
        Assert.Contains("maxinputsize", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_show_more_or_less()
    {
        Assert.Equal(["ANALY_GPU"], await QueuesAsync("-n", "ANALY_*"));
        Assert.Equal(["ANALY_GPU", "PLAIN", "UNIFIED_GPU"], await QueuesAsync("-g"));
        Assert.Equal(["ANALY_GPU", "PLAIN", "UNIFIED_GPU"], await QueuesAsync("--all_sites"));
        Assert.Equal(["ANALY_GPU", "OLD_GPU", "UNIFIED_GPU"], await QueuesAsync("-a"));
        Assert.Equal(["PROD_GPU"], await QueuesAsync("-t", "production"));
        CliResult result = await _hpo.SucceedAsync("sites", "--source", "queues.json", "-n", "ANALY_GPU", "-i", "corecount", "status", "--json");
        Assert.Contains("""
            "info":{"corecount":"1","status":"online"}
            """.Trim(), result.Output, StringComparison.Ordinal);
        Assert.Contains("--non_gpu", (await _hpo.SucceedAsync("sites", "--source", "queues.json", "-n", "NOTHING")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installations_own_sites_come_first()
    {
        CliResult result = await _hpo.SucceedAsync("sites", "--installed", "--json");
        Assert.Equal(
            ["local process", "grid panda", "lab ssh"],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).Select(site => $"{site.GetProperty("name")} {site.GetProperty("type")}"));
        Assert.Contains("panda", (await _hpo.SucceedAsync("sites", "--installed")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_address_is_a_source_too_and_what_is_no_catalogue_is_refused()
    {
        CliResult result = await _hpo.SucceedAsync("sites", "--source", $"file://{Path.Combine(_hpo.Folder, "queues.json")}", "--json");
        Assert.Contains("UNIFIED_GPU", result.Output, StringComparison.Ordinal);
        _hpo.Write("broken.json", "[");
        Assert.Equal(2, (await _hpo.RunAsync("sites", "--source", "broken.json")).Code);
        Assert.Equal(2, (await _hpo.RunAsync("sites", "--source", "none.json")).Code);
        foreach (string odd in new[] { "{}", "[]", """{"error": {"code": 7}}""", "[1]" })
        {
            _hpo.Write("odd.json", odd);
            Assert.Equal(2, (await _hpo.RunAsync("sites", "--source", "odd.json")).Code);
        }

        Assert.Equal(2, (await _hpo.RunAsync("sites", "--source", "http://cric.example/")).Code);
        Assert.Equal(3, (await _hpo.RunAsync("sites", "--source", "https://localhost:1/")).Code);
    }

    private async Task<string[]> QueuesAsync(params string[] args)
    {
        CliResult result = await _hpo.SucceedAsync(["sites", "--source", "queues.json", "--json", .. args]);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(site => site.GetProperty("kind").GetString() == "queue").Select(site => site.GetProperty("name").GetString()!)];
    }
}
