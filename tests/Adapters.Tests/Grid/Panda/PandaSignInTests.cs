using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid.Panda;

/// <summary>How the client says who asks, to a server that takes nobody else.</summary>
public sealed class PandaSignInTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-panda-sign-in-").FullName;
    private PandaDouble? _grid;

    private PandaDouble Grid => _grid!;

    public async ValueTask InitializeAsync() => _grid = await PandaDouble.StartAsync(takesAnybody: false);

    public async ValueTask DisposeAsync()
    {
        await Grid.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_token_from_a_file_is_read_anew_each_time()
    {
        string file = Path.Combine(_folder, "token");
        using PandaClient client = new(Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = "atlas", TokenFile = file });
        string expired = Grid.NewToken(TimeSpan.FromMinutes(-1));
        await File.WriteAllTextAsync(file, expired, TestContext.Current.CancellationToken);
        PandaException refused = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal(403, refused.Status);
        Assert.DoesNotContain(expired, refused.ToString(), StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, Grid.NewToken(TimeSpan.FromHours(1)) + "\n", TestContext.Current.CancellationToken);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task A_kept_token_is_refreshed_before_it_expires_and_when_it_is_refused()
    {
        Grid.RefreshToken = "refresh-secret";
        string kept = Path.Combine(_folder, ".token");
        await File.WriteAllTextAsync(kept, JsonSerializer.Serialize(new { id_token = Grid.NewToken(TimeSpan.FromMinutes(2)), refresh_token = "refresh-secret" }), TestContext.Current.CancellationToken);
        using PandaClient client = new(Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder });
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        string second = IdTokenOf(kept);

        Grid.Revoke(second);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.NotEqual(second, IdTokenOf(kept));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept));
        }

        Grid.RefreshToken = null;
        Grid.Revoke(IdTokenOf(kept));
        PandaException error = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.DoesNotContain("refresh-secret", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("sign in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_person_is_there_signing_in_makes_a_token()
    {
        List<string> told = [];
        PandaConnection connection = Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder };
        using (PandaClient nobody = new(connection))
        {
            await Assert.ThrowsAsync<PandaException>(() => nobody.ListAsync(null, null, 10, default));
        }

        using PandaClient client = new(connection, tell: told.Add);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.Contains("https://sign-in.example/?code=AB", Assert.Single(told), StringComparison.Ordinal);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.Single(told);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("http://sign-in.example/config")]
    [InlineData("/oidc/config")]
    public async Task A_sign_in_page_that_leads_nowhere_is_an_invalid_organisation(string address)
    {
        Grid.SignInFaults[$"/auth/{Grid.Vo}_auth_config.json"] = JsonSerializer.Serialize(new { oidc_config_url = address, client_id = "client" });
        using PandaClient client = new(Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = Grid.Vo, ConfigFolder = _folder }, tell: _ => { });
        InvalidInputException error = await Assert.ThrowsAsync<InvalidInputException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal("PANDA_AUTH_VO", Assert.Single(error.Faults).Path);
    }

    [Theory]
    [InlineData("/auth/atlas_auth_config.json", "<html>")]
    [InlineData("/auth/atlas_auth_config.json", "[1]")]
    [InlineData("/oidc/config", "<html>")]
    [InlineData("/oidc/config", """{"token_endpoint": "nowhere", "device_authorization_endpoint": "http://sign-in.example"}""")]
    [InlineData("/oidc/device", "<html>")]
    [InlineData("/oidc/device", "[1]")]
    [InlineData("/oidc/token", "<html>")]
    [InlineData("/oidc/token", "[1]")]
    public async Task A_sign_in_server_that_answers_nonsense_is_a_failure_of_the_service(string path, string answer)
    {
        Grid.SignInFaults[path] = answer;
        using PandaClient client = new(Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder }, tell: _ => { });
        await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task Times_of_the_sign_in_server_are_kept_in_bounds()
    {
        Grid.SignInFaults["/oidc/device"] = """{"device_code": "device-secret", "verification_uri": "https://sign-in.example", "interval": -1e300, "expires_in": 1e300}""";
        using PandaClient client = new(Grid.Connection() with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder }, tell: _ => { });
        Assert.Empty(await client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task A_proxy_is_shown_and_the_grids_authorities_are_trusted()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.pem"), Grid.CertificatePem, TestContext.Current.CancellationToken);
        PandaConnection connection = Grid.Connection() with { Handler = null, AuthorityFolder = _folder, Proxy = WriteProxy("/CN=Alice/CN=proxy", TimeSpan.FromHours(1)) };
        using (PandaClient client = new(connection))
        {
            Assert.Empty(await client.ListAsync(null, null, 10, default));
        }

        using (PandaClient limited = new(connection with { Proxy = WriteProxy("/CN=Alice/CN=limited proxy", TimeSpan.FromHours(1)) }))
        {
            await Assert.ThrowsAsync<PandaException>(() => limited.ListAsync(null, null, 10, default));
        }

        using (PandaClient stranger = new(connection with { AuthorityFolder = Path.Combine(_folder, "nothing") }))
        {
            Assert.Equal(0, (await Assert.ThrowsAsync<PandaException>(() => stranger.ListAsync(null, null, 10, default))).Status);
        }

        string proxy = WriteProxy("/CN=Alice", TimeSpan.FromHours(-1));
        using PandaClient late = new(connection with { Proxy = proxy });
        PandaException expired = await Assert.ThrowsAsync<PandaException>(() => late.ListAsync(null, null, 10, default));
        Assert.Equal((0, RetryAdvice.Backoff), (expired.Status, expired.Retry));
        Assert.Contains("expired", expired.Message, StringComparison.Ordinal);
        File.Move(WriteProxy("/CN=Alice", TimeSpan.FromHours(1)), proxy, overwrite: true);
        File.SetLastWriteTimeUtc(proxy, File.GetLastWriteTimeUtc(proxy).AddSeconds(1));
        Assert.Empty(await late.ListAsync(null, null, 10, default));
        File.Delete(proxy);
        await Assert.ThrowsAsync<PandaException>(() => late.ListAsync(null, null, 10, default));
    }

    private static string IdTokenOf(string kept)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(kept));
        return document.RootElement.GetProperty("id_token").GetString()!;
    }

    private string WriteProxy(string subject, TimeSpan valid)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(string.Join(", ", subject.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()), key, HashAlgorithmName.SHA256);
        DateTimeOffset end = TimeProvider.System.GetUtcNow() + valid;
        using X509Certificate2 certificate = request.CreateSelfSigned(end.AddDays(-2), end);
        string path = Path.Combine(_folder, $"proxy-{Guid.NewGuid()}");
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }
}
