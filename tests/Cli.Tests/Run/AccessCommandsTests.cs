using System.Text.Json;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>The commands <c>whoami</c> and <c>audit</c> against a server in this process.</summary>
public sealed class AccessCommandsTests : IAsyncLifetime
{
    private static readonly string Key = new('a', 40);
    private readonly CliRunner _hpo = new();
    private EmbeddedHost? _host;

    public async ValueTask InitializeAsync() => _host = await _hpo.ServeAsync(Key, ("Hpo:Keys:alice", $"submitter:{Key}"), ("Hpo:Quotas:Experiments", "3"));

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task Whoami_says_who_one_is_and_what_is_left()
    {
        JsonElement me = JsonDocument.Parse((await _hpo.SucceedAsync("whoami", "--json")).Output).RootElement;
        string text = (await _hpo.SucceedAsync("whoami")).Output;

        Assert.Equal(("alice", 3, 0), (me.GetProperty("user").GetString(), me.GetProperty("quotas").GetProperty("experiments").GetInt32(), me.GetProperty("use").GetProperty("experiments").GetInt32()));
        Assert.Contains("alice", text, StringComparison.Ordinal);
        Assert.Contains("submitter", text, StringComparison.Ordinal);
        Assert.Equal(3, (await _hpo.RunAsync("whoami", "--key", "wrong")).Code);
    }

    [Fact]
    public async Task A_token_is_shown_where_there_is_no_key()
    {
        _hpo.Set("HPO_KEY", string.Empty);
        _hpo.Set("HPO_TOKEN", "a.b.c");

        Assert.Equal(3, (await _hpo.RunAsync("whoami", "--data", "elsewhere")).Code); // it was sent, and this service takes keys alone
        Assert.Equal(2, (await _hpo.RunAsync("worker", "--data", "elsewhere")).Code);
        _hpo.Set("HPO_TOKEN", string.Empty);
        Assert.Equal(2, (await _hpo.RunAsync("whoami", "--data", "elsewhere")).Code);
    }

    [Fact]
    public async Task Audit_lists_what_was_done()
    {
        await _hpo.RunAsync("experiment", "stop", "nothere");
        Assert.Equal(3, (await _hpo.RunAsync("audit")).Code);

        _hpo.Set("HPO_KEY", _host!.Keys.Function);
        JsonElement entry = JsonDocument.Parse((await _hpo.SucceedAsync("audit", "--user", "alice", "--experiment", "nothere", "--json")).Output).RootElement;
        Assert.Equal(("alice", "experiment.stop", 404), (entry.GetProperty("user").GetString(), entry.GetProperty("action").GetString(), entry.GetProperty("status").GetInt32()));
        Assert.Contains("experiments/nothere", (await _hpo.SucceedAsync("audit")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await _hpo.RunAsync("audit", "--from", "soon")).Code);
        Assert.Equal(2, (await _hpo.RunAsync("audit", "--limit", "0")).Code);
    }
}
