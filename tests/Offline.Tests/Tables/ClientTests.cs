using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class ClientTests(AzuriteFixture azurite)
{
    private const string Key = "AAECAw==";

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1", "devstoreaccount1")]
    [InlineData($"AccountName=acc;AccountKey={Key}", "https://acc.table.core.windows.net/", "acc")]
    [InlineData($"DefaultEndpointsProtocol=http;AccountName=acc;AccountKey={Key};EndpointSuffix=example.net", "http://acc.table.example.net/", "acc")]
    [InlineData($"AccountName=acc;AccountKey={Key};TableEndpoint=http://localhost:1/acc", "http://localhost:1/acc", "acc")]
    [InlineData("TableEndpoint=https://acc.table.core.windows.net;SharedAccessSignature=sv=1&sig=x", "https://acc.table.core.windows.net/", "acc")]
    public void ConnectionString_namesEndpointAndAccount(string connectionString, string uri, string account)
    {
        TableServiceClient service = new(connectionString);
        TableClient table = new(connectionString, "table");
        Assert.Equal((new Uri(uri), account), (service.Uri, service.AccountName));
        Assert.Equal((new Uri(uri.TrimEnd('/') + "/table"), account, "table"), (table.Uri, table.AccountName, table.Name));
    }

    [Theory]
    [InlineData("AccountName=acc")]
    [InlineData($"AccountKey={Key}")]
    [InlineData("nonsense")]
    public void ConnectionString_incomplete_isRefused(string connectionString) =>
        Assert.Throws<FormatException>(() => new TableServiceClient(connectionString));

    [Fact]
    public async Task SharedKey_reachesTheTable()
    {
        AzuriteServer server = await azurite.StartAsync();
        TableClient known = await azurite.TableAsync();
        Dictionary<string, string> settings = server.ConnectionString.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(static part => part.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        TableSharedKeyCredential credential = new(settings["AccountName"], settings["AccountKey"]);
        TableClient table = new(new Uri(settings["TableEndpoint"]), known.Name, credential);
        await table.AddEntityAsync(new TableEntity("p", "r"));
        Assert.True((await known.GetEntityIfExistsAsync<TableEntity>("p", "r")).HasValue);
        credential.SetAccountKey(Key);
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", "s")));
        Assert.Equal(403, failure.Status);
    }

    [Fact]
    public async Task Token_isSentAsBearerForStorage()
    {
        using RecordingHandler handler = new();
        TokenCredential credential = DelegatedTokenCredential.Create(
            static (context, _) => new AccessToken(string.Join(' ', context.Scopes), DateTimeOffset.MaxValue));
        TableClientOptions options = new() { Transport = new HttpClientTransport(handler) };
        TableClient table = new TableServiceClient(new Uri("https://acc.table.core.windows.net"), credential, options).GetTableClient("table");
        await table.AddEntityAsync(new TableEntity("p", "r"));
        Assert.Equal("Bearer https://storage.azure.com/.default", Assert.Single(handler.Requests).Headers.Authorization!.ToString());
    }

    [Fact]
    public async Task Signature_isAddedToEveryQuery()
    {
        using RecordingHandler handler = new();
        TableClientOptions options = new() { Transport = new HttpClientTransport(handler) };
        TableClient table = new(new Uri("https://acc.table.core.windows.net/table"), new AzureSasCredential("?sv=1&sig=x%3D"), options);
        Assert.Equal("table", table.Name);
        await table.AddEntityAsync(new TableEntity("p", "r"));
        HttpRequestMessage request = Assert.Single(handler.Requests);
        Assert.Equal("https://acc.table.core.windows.net/table?sv=1&sig=x%3D", request.RequestUri!.AbsoluteUri);
        Assert.Null(request.Headers.Authorization);
    }

    [Theory]
    [InlineData(TableClientOptions.ServiceVersion.V2019_02_02, "2019-02-02")]
    [InlineData(TableClientOptions.ServiceVersion.V2020_12_06, "2020-12-06")]
    public async Task Version_isAskedFor(TableClientOptions.ServiceVersion version, string sent)
    {
        using RecordingHandler handler = new();
        TableClientOptions options = new(version) { Transport = new HttpClientTransport(handler) };
        await new TableClient("UseDevelopmentStorage=true", "table", options).AddEntityAsync(new TableEntity("p", "r"));
        Assert.Equal([sent], Assert.Single(handler.Requests).Headers.GetValues("x-ms-version"));
    }

    private sealed class RecordingHandler : HttpMessageHandler
    {
        public List<HttpRequestMessage> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.NoContent));
        }
    }
}
