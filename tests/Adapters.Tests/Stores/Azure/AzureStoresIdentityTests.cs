using System.Collections.Concurrent;
using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>Access by identity, which the emulator does not offer.</summary>
public sealed class AzureStoresIdentityTests
{
    private static readonly Uri Tables = new("https://account.table.core.windows.net/");
    private static readonly Uri Blobs = new("https://account.blob.core.windows.net/");

    [Fact]
    public async Task Create_byIdentity_asksWithItsToken()
    {
        using Recorder recorder = new();
        AzureStoreOptions options = new() { Prefix = "mine", Transport = new HttpClientTransport(recorder) };

        await AzureStores.CreateAsync(Tables, Blobs, new FixedCredential("secret-token"), options, default);

        Assert.Equal(
            [
                "https://account.blob.core.windows.net/mine-artifacts Bearer secret-token",
                "https://account.blob.core.windows.net/mine-projects Bearer secret-token",
                "https://account.blob.core.windows.net/mine-values Bearer secret-token",
                "https://account.table.core.windows.net/Tables Bearer secret-token",
                "https://account.table.core.windows.net/Tables Bearer secret-token",
                "https://account.table.core.windows.net/Tables Bearer secret-token",
                "https://account.table.core.windows.net/Tables Bearer secret-token",
                "https://account.table.core.windows.net/Tables Bearer secret-token",
                "https://account.table.core.windows.net/minerows(PartitionKey='store',RowKey='version') Bearer secret-token",
            ],
            recorder.Seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Create_byAnIdentityWithoutToken_isUnavailable()
    {
        using Recorder recorder = new();
        AzureStoreOptions options = new() { Retries = 0, Transport = new HttpClientTransport(recorder) };

        await Assert.ThrowsAsync<UnavailableException>(() => AzureStores.CreateAsync(Tables, Blobs, new FixedCredential(null), options, default));

        Assert.Empty(recorder.Seen);
    }

    private sealed class FixedCredential(string? token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            token is null ? throw new CredentialUnavailableException("there is no identity here") : new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    private sealed class Recorder : HttpMessageHandler
    {
        public ConcurrentBag<string> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add($"{request.RequestUri!.GetLeftPart(UriPartial.Path)} {request.Headers.Authorization}");
            HttpStatusCode status = request.Method == HttpMethod.Get ? HttpStatusCode.NotFound : HttpStatusCode.Created;
            return Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request, Content = new ByteArrayContent([]) });
        }
    }
}
