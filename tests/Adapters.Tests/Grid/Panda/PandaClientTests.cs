using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Contracts.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Grid.Panda;

/// <summary>The client of PanDA against the strict double of a server.</summary>
public sealed class PandaClientTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-panda-client-").FullName;
    private PandaDouble? _grid;

    private PandaDouble Grid => _grid!;

    public async ValueTask InitializeAsync() => _grid = await PandaDouble.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Grid.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_task_is_submitted_found_and_killed()
    {
        using PandaClient client = Client();
        PandaSubmission sent = await client.SubmitAsync(Parameters("user.alice.one/"), default);
        Assert.Equal((true, Grid.Tasks[0].Id), (sent.IsNew, sent.Task));
        Assert.Equal("registered", await client.FindStatusAsync(sent.Task, default));
        Assert.Null(await client.FindStatusAsync(1, default));

        PandaTask listed = PandaTask.Read(Assert.Single(await client.ListAsync(TimeProvider.System.GetUtcNow().AddMinutes(-1), null, 500, default)))!;
        Assert.Equal((sent.Task, "user.alice.one/", false), (listed.Id, listed.Name, listed.IsFinal));
        Assert.InRange(listed.ModifiedAt!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));
        Assert.Empty(await client.ListAsync(null, new Dictionary<string, string> { ["taskName"] = "user.bob" }, 500, default));
        Assert.Single(await client.ListAsync(null, new Dictionary<string, string> { ["taskName"] = "^user\\.alice" }, 500, default));

        Assert.True(await client.KillAsync(sent.Task, default));
        Assert.False(await client.KillAsync(sent.Task, default));
    }

    [Fact]
    public async Task A_unique_name_is_submitted_once()
    {
        using PandaClient client = Client();
        PandaSubmission first = await client.SubmitAsync(Parameters("same/"), default);
        Assert.Equal(new(first.Task, IsNew: false), await client.SubmitAsync(Parameters("same/"), default));
        Grid.Put(first.Task, "running");
        Assert.Equal(new(first.Task, IsNew: false), await client.SubmitAsync(Parameters("same/"), default));
        Grid.Put(first.Task, "done");
        Assert.Equal(new(first.Task, IsNew: true), await client.SubmitAsync(Parameters("same/"), default));
        Assert.Single(Grid.Tasks);
    }

    [Fact]
    public async Task A_large_task_goes_packed()
    {
        using PandaClient client = Client();
        JsonObject parameters = Parameters("large/");
        parameters["cliParams"] = new string('x', 100_000);
        await client.SubmitAsync(parameters, default);
        Assert.Equal(100_000, ((string)Grid.Tasks[0].Parameters["cliParams"]!).Length);
    }

    [Fact]
    public async Task Metadata_comes_by_job()
    {
        using PandaClient client = Client();
        long task = (await client.SubmitAsync(Parameters("one/"), default)).Task;
        Assert.Empty(await client.MetadataAsync(task, default));
        long job = Grid.AddMetadata(task, new JsonObject { ["loss"] = 1.5 });
        Assert.Equal([job], await client.JobsAsync(task, default));
        KeyValuePair<long, JsonElement> only = Assert.Single(await client.MetadataAsync(task, default));
        Assert.Equal((job, 1.5), (only.Key, only.Value.GetProperty("loss").GetDouble()));
    }

    [Fact]
    public async Task What_the_server_says_in_an_answer_of_200_is_an_error()
    {
        using PandaClient client = Client();
        PandaException unknown = await Assert.ThrowsAsync<PandaException>(() => client.KillAsync(77, default));
        Assert.Equal((200, 2, RetryAdvice.Caller), (unknown.Status, unknown.Code, unknown.Retry));
        long task = (await client.SubmitAsync(Parameters("one/"), default)).Task;
        PandaException role = await Assert.ThrowsAsync<PandaException>(() => client.PauseAsync(task, default));
        Assert.Contains("production", role.Message, StringComparison.Ordinal);
        Grid.ProductionRole = true;
        Assert.True(await client.PauseAsync(task, default));
        Grid.ProductionRole = false;
        Grid.User = "Bob Example";
        Assert.Contains("owner", (await Assert.ThrowsAsync<PandaException>(() => client.KillAsync(task, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_a_broken_one_is_not()
    {
        using PandaClient client = Client();
        Grid.Refusals.Enqueue((503, "busy"));
        Grid.Refusals.Enqueue((503, "busy"));
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.Equal(3, Grid.Requests.Count);

        Grid.Refusals.Enqueue((500, "ORA-00001\nsecond line"));
        PandaException broken = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal((500, RetryAdvice.Backoff), (broken.Status, broken.Retry));
        Assert.DoesNotContain("second", broken.Message, StringComparison.Ordinal);

        Grid.Refusals.Enqueue((403, "ERROR : Alice is banned"));
        PandaException banned = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal((403, RetryAdvice.Caller), (banned.Status, banned.Retry));

        Enumerable.Range(0, 9).ToList().ForEach(_ => Grid.Refusals.Enqueue((503, "busy")));
        Assert.Equal(503, (await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default))).Status);
    }

    [Fact]
    public async Task A_server_that_is_away_is_an_outage()
    {
        using PandaClient client = new(Connection() with { Api = new("https://localhost:1/api/v1"), Retries = 1 });
        PandaException error = await Assert.ThrowsAsync<PandaException>(() => client.FindStatusAsync(1, default));
        Assert.Equal((0, RetryAdvice.Backoff), (error.Status, error.Retry));
    }

    [Fact]
    public async Task A_sandbox_is_uploaded_once_and_found_again()
    {
        using PandaClient client = Client();
        PandaSandbox sandbox = PandaSandbox.Pack([("b.txt", "two"u8.ToArray(), false), ("a.sh", "one"u8.ToArray(), true)]);
        Assert.Equal(sandbox.Content.ToArray(), PandaSandbox.Pack([("a.sh", "one"u8.ToArray(), true), ("b.txt", "two"u8.ToArray(), false)]).Content.ToArray());
        PandaSandboxPlace place = await client.UploadAsync(sandbox, default);
        Assert.Equal((Grid.Api.GetLeftPart(UriPartial.Authority), sandbox.Name), (place.Server, place.Name));
        Assert.Equal(place, await client.UploadAsync(sandbox, default));
        Assert.Equal(1, Grid.Uploads);
    }

    [Fact]
    public async Task A_sandbox_that_is_too_large_is_refused_before_it_is_sent()
    {
        using PandaClient client = Client();
        PandaSandbox sandbox = PandaSandbox.Pack([("noise", RandomNumberGenerator.GetBytes(11 << 20), false)]);
        InvalidInputException error = await Assert.ThrowsAsync<InvalidInputException>(() => client.UploadAsync(sandbox, default));
        Assert.Equal("scripts", error.Faults[0].Path);
        Assert.Empty(Grid.Requests);
    }

    [Fact]
    public async Task A_token_from_a_file_is_read_anew_each_time()
    {
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        string file = Path.Combine(_folder, "token");
        using PandaClient client = new(Connection(grid) with { Auth = PandaAuth.Oidc, Vo = "atlas", TokenFile = file });
        string expired = grid.NewToken(TimeSpan.FromMinutes(-1));
        await File.WriteAllTextAsync(file, expired, TestContext.Current.CancellationToken);
        PandaException refused = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.Equal(403, refused.Status);
        Assert.DoesNotContain(expired, refused.ToString(), StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, grid.NewToken(TimeSpan.FromHours(1)) + "\n", TestContext.Current.CancellationToken);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task A_kept_token_is_refreshed_before_it_expires_and_when_it_is_refused()
    {
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        grid.RefreshToken = "refresh-secret";
        string kept = Path.Combine(_folder, ".token");
        await File.WriteAllTextAsync(kept, JsonSerializer.Serialize(new { id_token = grid.NewToken(TimeSpan.FromMinutes(2)), refresh_token = "refresh-secret" }), TestContext.Current.CancellationToken);
        using PandaClient client = new(Connection(grid) with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder });
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        string second = IdTokenOf(kept);

        grid.Revoke(second);
        Assert.Empty(await client.ListAsync(null, null, 10, default));
        Assert.NotEqual(second, IdTokenOf(kept));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept));
        }

        grid.RefreshToken = null;
        grid.Revoke(IdTokenOf(kept));
        PandaException error = await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
        Assert.DoesNotContain("refresh-secret", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("sign in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_person_is_there_signing_in_makes_a_token()
    {
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        List<string> told = [];
        PandaConnection connection = Connection(grid) with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder };
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
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        grid.SignInFaults[$"/auth/{grid.Vo}_auth_config.json"] = JsonSerializer.Serialize(new { oidc_config_url = address, client_id = "client" });
        using PandaClient client = new(Connection(grid) with { Auth = PandaAuth.Oidc, Vo = grid.Vo, ConfigFolder = _folder }, tell: _ => { });
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
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        grid.SignInFaults[path] = answer;
        using PandaClient client = new(Connection(grid) with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder }, tell: _ => { });
        await Assert.ThrowsAsync<PandaException>(() => client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task Times_of_the_sign_in_server_are_kept_in_bounds()
    {
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        grid.SignInFaults["/oidc/device"] = """{"device_code": "device-secret", "verification_uri": "https://sign-in.example", "interval": -1e300, "expires_in": 1e300}""";
        using PandaClient client = new(Connection(grid) with { Auth = PandaAuth.Oidc, Vo = "atlas", ConfigFolder = _folder }, tell: _ => { });
        Assert.Empty(await client.ListAsync(null, null, 10, default));
    }

    [Fact]
    public void A_way_to_say_who_asks_that_is_none_and_a_password_in_an_address_are_refused()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal) { ["PANDA_AUTH"] = "bogus", ["PANDA_API_URL_SSL"] = "https://alice:secret@panda.example/api/v1" };
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => PandaConnection.FromEnvironment(variables.GetValueOrDefault));
        Assert.Equal(["PANDA_API_URL_SSL", "PANDA_AUTH"], error.Faults.Select(fault => fault.Path));
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(PandaAuth.X509, PandaConnection.FromEnvironment(name => name == "PANDA_AUTH" ? "x509_no_grid" : null).Auth);
    }

    [Fact]
    public async Task A_proxy_is_shown_and_the_grids_authorities_are_trusted()
    {
        await using PandaDouble grid = await PandaDouble.StartAsync(takesAnybody: false);
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.pem"), grid.CertificatePem, TestContext.Current.CancellationToken);
        PandaConnection connection = Connection(grid) with { Handler = null, AuthorityFolder = _folder, Proxy = WriteProxy("/CN=Alice/CN=proxy", TimeSpan.FromHours(1)) };
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

    [Fact]
    public void The_environment_says_what_it_says_to_PanDAs_own_client()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["PANDA_URL_SSL"] = "https://panda.example:8443/server/panda",
            ["PANDACACHE_URL"] = "https://cache.example/server/panda",
            ["PANDA_AUTH"] = "oidc",
            ["PANDA_AUTH_VO"] = "atlas:production",
            ["OIDC_AUTH_ID_TOKEN"] = "secret",
            ["X509_USER_PROXY"] = "/proxy",
        };
        PandaConnection connection = PandaConnection.FromEnvironment(variables.GetValueOrDefault);
        Assert.Equal("https://panda.example:8443/api/v1", connection.Api.AbsoluteUri);
        Assert.Equal("https://cache.example/api/v1", connection.Cache.AbsoluteUri);
        Assert.Equal((PandaAuth.Oidc, "atlas:production", "secret", "/proxy"), (connection.Auth, connection.Vo, connection.IdToken, connection.Proxy));
        Assert.DoesNotContain("secret", connection.ToString(), StringComparison.Ordinal);

        variables["PANDA_API_URL_SSL"] = "https://panda.example/api/v1/";
        Assert.Equal("https://panda.example/api/v1", PandaConnection.FromEnvironment(variables.GetValueOrDefault).Api.AbsoluteUri);
        variables["PANDA_API_URL_SSL"] = "http://panda.example/api/v1/";
        variables.Remove("PANDA_AUTH_VO");
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => PandaConnection.FromEnvironment(variables.GetValueOrDefault));
        Assert.Equal(["PANDA_API_URL_SSL", "PANDA_AUTH_VO"], error.Faults.Select(fault => fault.Path));
        Assert.Equal("https://pandaserver.cern.ch:25443/api/v1", PandaConnection.FromEnvironment(_ => null).Api.AbsoluteUri);
        Assert.StartsWith("/tmp/x509up_u", PandaConnection.FromEnvironment(_ => null).Proxy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task/kill", """{"task_id":"77"}""", "Type error")]
    [InlineData("task/kill", """{"jediTaskID":77}""", "Argument error")]
    [InlineData("task/kill", "{}", "Argument error")]
    [InlineData("task/submit", """{"task_parameters":"text"}""", "Type error")]
    public async Task The_double_refuses_what_the_server_refuses(string path, string body, string says)
    {
        using HttpClient http = new(Grid.CreateHandler());
        using StringContent content = new(body, Encoding.UTF8);
        content.Headers.ContentType = new("application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri($"{Grid.Api}/{path}"), content, TestContext.Current.CancellationToken);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static string IdTokenOf(string kept)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(kept));
        return document.RootElement.GetProperty("id_token").GetString()!;
    }

    private static JsonObject Parameters(string name) => new() { ["taskName"] = name, ["uniqueTaskName"] = true };

    private PandaClient Client() => new(Connection());

    private PandaConnection Connection(PandaDouble? grid = null) => new()
    {
        Api = (grid ?? Grid).Api,
        Cache = (grid ?? Grid).Api,
        Auth = PandaAuth.X509,
        Handler = (grid ?? Grid).CreateHandler(),
        Retries = 4,
        FirstPause = TimeSpan.FromMilliseconds(1),
    };

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
