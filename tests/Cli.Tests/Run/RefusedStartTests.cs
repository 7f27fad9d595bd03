using System.Net;
using System.Text.Json;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.LocalHost;

namespace HpoServerless.Cli.Tests.Run;

/// <summary>What a service refuses is told as it is, and a key goes to nobody else.</summary>
public sealed class RefusedStartTests : IAsyncLifetime
{
    private static readonly string Key = new('a', 40);
    private readonly CliRunner _hpo = new();
    private EmbeddedHost? _host;

    public async ValueTask InitializeAsync()
    {
        _host = await _hpo.ServeAsync(Key, ("Hpo:Keys:alice", $"submitter:{Key}"), ("Hpo:Quotas:Trials", "1"));
        SmallProject.Write(_hpo);
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _hpo.Dispose();
    }

    [Fact]
    public async Task A_quota_in_the_way_is_told_and_nothing_was_started()
    {
        CliResult result = await _hpo.RunAsync("run", SmallProject.Name, "--wait");

        Assert.Equal(2, result.Code);
        Assert.Contains("quotas.trials", result.Error, StringComparison.Ordinal);
        Assert.Contains("at most 1", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("goes on", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\"", (await _hpo.SucceedAsync("experiment", "list", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_sends_on_elsewhere_gets_no_key_there()
    {
        using HttpListener from = Listen(out Uri address);
        using HttpListener to = Listen(out Uri elsewhere);
        Task<HttpListenerContext> stolen = to.GetContextAsync();
        using ServiceClient client = new(address, Key);
        Task<JsonElement> answer = client.SendAsync<JsonElement>(HttpMethod.Get, "me", CancellationToken.None);
        HttpListenerContext request = await from.GetContextAsync();
        request.Response.Redirect(elsewhere.ToString());
        request.Response.Close();

        Assert.Same(answer, await Task.WhenAny(answer, stolen));
        ServiceAnswerException error = await Assert.ThrowsAsync<ServiceAnswerException>(() => answer);
        Assert.Contains(elsewhere.ToString(), error.Message, StringComparison.Ordinal);
    }

    private static HttpListener Listen(out Uri address)
    {
        using System.Net.Sockets.TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        address = new($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        probe.Stop();
        HttpListener listener = new() { Prefixes = { address.ToString() } };
        listener.Start();
        return listener;
    }
}
