using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Contracts.Batch;

/// <summary>The HTTP side of the double: TLS, tokens, versions, faults, errors.</summary>
internal sealed class BatchDoubleServer(BatchDouble account) : IAsyncDisposable
{
    private const string ApiVersion = "2025-06-01";
    private const string JsonType = "application/json; odata=minimalmetadata";

    private static readonly string[] KnownParameters = ["api-version", "timeOut", "maxresults", "$filter", "$select", "$skiptoken", "force"];

    private readonly X509Certificate2 _certificate = CreateCertificate();
    private WebApplication? _app;

    public Uri Endpoint { get; private set; } = new("https://localhost");

    public async Task StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = _certificate }));
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        Endpoint = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public string Certificate => _certificate.GetCertHashString();

    public static HttpMessageHandler CreateHandler(string certificate) => new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate,
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        account.Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        http.Response.Headers["request-id"] = Guid.NewGuid().ToString();
        http.Response.Headers["DataServiceVersion"] = "3.0";
        try
        {
            (int status, object? content) = Decide(http, body.ToArray());
            http.Response.StatusCode = status;
            if (content is byte[] bytes)
            {
                http.Response.ContentType = "application/octet-stream";
                http.Response.ContentLength = bytes.Length;
                if (http.Request.Method != HttpMethods.Head)
                {
                    await http.Response.Body.WriteAsync(bytes);
                }
            }
            else if (content is JsonNode json)
            {
                await WriteAsync(http, json);
            }
        }
        catch (BatchRefusal refusal)
        {
            http.Response.StatusCode = refusal.Status;
            if (account.RetryAfter is { } seconds && refusal.Status is 429 or 503)
            {
                http.Response.Headers.RetryAfter = account.RetryAfter?.ToString(CultureInfo.InvariantCulture);
            }

            if (http.Request.Method != HttpMethods.Head)
            {
                await WriteAsync(http, Error(refusal));
            }
        }
    }

    private (int Status, object? Content) Decide(HttpContext http, byte[] body)
    {
        HttpRequest request = http.Request;
        if (request.Headers.Authorization.ToString() != $"Bearer {account.Token}")
        {
            throw new BatchRefusal(401, "AuthenticationFailed", "a token is needed");
        }

        if (request.Query["api-version"] != ApiVersion)
        {
            throw new BatchRefusal(400, "InvalidQueryParameterValue", "api-version");
        }

        if (request.Query.Keys.Except(KnownParameters, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw new BatchRefusal(400, "UnsupportedQueryParameter", unknown);
        }

        if (request.Method is "POST" or "PUT" or "PATCH" && !string.Equals(request.ContentType, JsonType, StringComparison.OrdinalIgnoreCase))
        {
            throw new BatchRefusal(415, "UnsupportedMediaType", $"Content-Type must be {JsonType}, was {request.ContentType}");
        }

        lock (account.Gate)
        {
            if (account.Refusals.TryDequeue(out BatchRefusal? scripted))
            {
                throw scripted;
            }

            if (account.IsHit("busy", account.BusyShare))
            {
                throw new BatchRefusal(503, "ServerBusy");
            }

            if (body.Length > account.MaxBody)
            {
                throw new BatchRefusal(413, "RequestBodyTooLarge");
            }

            JsonObject? json;
            try
            {
                json = body.Length == 0 ? null : JsonNode.Parse(body) as JsonObject ?? throw BatchRefusal.Invalid("must be an object");
            }
            catch (JsonException error)
            {
                throw BatchRefusal.Invalid(error.Message);
            }

            return new BatchDoubleCalls(account, Endpoint).Answer(request, json);
        }
    }

    private static JsonObject Error(BatchRefusal refusal) => new()
    {
        ["odata.metadata"] = "https://localhost/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element",
        ["code"] = refusal.Code,
        ["message"] = new JsonObject { ["lang"] = "en-US", ["value"] = $"{refusal.Text}\nRequestId:0\nTime:0" },
    };

    private static Task WriteAsync(HttpContext http, JsonNode json)
    {
        http.Response.ContentType = JsonType;
        return http.Response.WriteAsync(json.ToJsonString());
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
