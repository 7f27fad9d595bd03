using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
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

namespace HpoServerless.Contracts.Panda;

/// <summary>The HTTP side of the double: TLS, certificates, tokens, the envelope, the sign-in server.</summary>
internal sealed class PandaDoubleServer(PandaDouble grid) : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate = CreateCertificate();
    private WebApplication? _app;

    public Uri Endpoint { get; private set; } = new("https://localhost");

    public string CertificatePem => _certificate.ExportCertificatePem();

    public async Task StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = (_, _, _) => true,
            }));
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        int port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        Endpoint = new UriBuilder("https", "localhost", port).Uri;
    }

    public HttpMessageHandler CreateHandler() => new SocketsHttpHandler
    {
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.All,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == _certificate.GetCertHashString(),
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
        HttpRequest request = http.Request;
        grid.Requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body);
        try
        {
            string path = request.Path.Value!;
            if (path.StartsWith("/auth/", StringComparison.Ordinal) || path.StartsWith("/oidc/", StringComparison.Ordinal))
            {
                await SignInAsync(http, path, Encoding.UTF8.GetString(body.ToArray()));
                return;
            }

            if (grid.Refusals.TryDequeue(out (int Status, string Text) scripted))
            {
                throw new PandaRefusal(scripted.Status, scripted.Text);
            }

            bool isJson = request.ContentType == "application/json" || request.Headers.Accept == "application/json";
            JsonObject answer = Decide(http, path, body.ToArray());
            http.Response.ContentType = "text/plain";
            await http.Response.WriteAsync(isJson ? answer.ToJsonString() : $"{{'success': {answer["success"]}, 'message': '{answer["message"]}'}}");
        }
        catch (PandaRefusal refusal)
        {
            http.Response.StatusCode = refusal.Status;
            http.Response.ContentType = "text/plain";
            await http.Response.WriteAsync(refusal.Message);
        }
    }

    private JsonObject Decide(HttpContext http, string path, byte[] body)
    {
        string[] parts = path.Trim('/').Split('/');
        if (parts is not ["api", "v1" or "latest", _, _])
        {
            throw new PandaRefusal(403, "ERROR : method  is forbidden");
        }

        bool isKnown = Authenticate(http);
        if (!isKnown && parts[2] != "system")
        {
            return new() { ["success"] = false, ["message"] = "SSL secure connection is required", ["data"] = null };
        }

        (JsonObject parameters, (string, byte[])? file) = Parameters(http.Request, body);
        lock (grid.Gate)
        {
            return new PandaDoubleCalls(grid).Answer($"{parts[2]}/{parts[3]}", http.Request.Method, parameters, file);
        }
    }

    private bool Authenticate(HttpContext http)
    {
        string bearer = http.Request.Headers.Authorization.ToString();
        if (bearer.Length > 0)
        {
            string token = bearer.Split(' ')[^1];
            string vo = http.Request.Headers.Origin.ToString();
            if (vo.Split(':', '.')[0] != grid.Vo)
            {
                throw new PandaRefusal(403, $"ERROR : Token authentication failed. Unknown vo : {vo}");
            }

            if (!grid.Knows(token) || ExpiresAt(token) <= grid.Time.GetUtcNow())
            {
                throw new PandaRefusal(403, "ERROR : Token authentication failed. Invalid token. Signature has expired");
            }

            return true;
        }

        X509Certificate2? shown = http.Connection.ClientCertificate;
        return shown is null ? grid.TakesAnybody : !shown.Subject.Contains("limited proxy", StringComparison.Ordinal);
    }

    private (JsonObject Parameters, (string Name, byte[] Content)? File) Parameters(HttpRequest request, byte[] body)
    {
        if (request.Method == "GET")
        {
            JsonObject query = [];
            foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Query)
            {
                query[name] = values.Count == 1 ? values[0] : new JsonArray([.. values.Select(value => (JsonNode?)value)]);
            }

            return (query, null);
        }

        if (request.ContentType == "application/json")
        {
            byte[] plain = request.Headers.ContentEncoding == "gzip" ? Unzip(body) : body;
            grid.Bodies.Enqueue(Encoding.UTF8.GetString(plain));
            try
            {
                return (JsonNode.Parse(plain) as JsonObject ?? [], null);
            }
            catch (JsonException error)
            {
                throw new PandaRefusal(500, $"ERROR : received invalid JSON : {error.Message}");
            }
        }

        return request.ContentType?.StartsWith("multipart/form-data", StringComparison.Ordinal) == true ? ([], Form(request, body)) : ([], null);
    }

    private static (string Name, byte[] Content)? Form(HttpRequest request, byte[] body)
    {
        request.Body = new MemoryStream(body, writable: false);
        IFormFile? file = request.ReadFormAsync().GetAwaiter().GetResult().Files.GetFile("file");
        if (file is null)
        {
            return null;
        }

        using MemoryStream content = new();
        file.CopyTo(content);
        return (file.FileName, content.ToArray());
    }

    private async Task SignInAsync(HttpContext http, string path, string body)
    {
        Dictionary<string, string> fields = body.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
        if (grid.SignInFaults.TryGetValue(path, out string? fault))
        {
            await http.Response.WriteAsync(fault);
            return;
        }

        JsonObject answer;
        switch (path)
        {
            case "/oidc/config":
                answer = new() { ["token_endpoint"] = new Uri(Endpoint, "/oidc/token").AbsoluteUri, ["device_authorization_endpoint"] = new Uri(Endpoint, "/oidc/device").AbsoluteUri };
                break;
            case "/oidc/device" when fields.GetValueOrDefault("scope")?.Contains("offline_access", StringComparison.Ordinal) == true:
                answer = new() { ["device_code"] = "device-secret", ["verification_uri_complete"] = "https://sign-in.example/?code=AB", ["interval"] = 0.01, ["expires_in"] = 60 };
                break;
            case "/oidc/token" when fields.GetValueOrDefault("grant_type") == "refresh_token" && grid.RefreshToken is { } refresh && fields.GetValueOrDefault("refresh_token") == refresh:
                answer = new() { ["id_token"] = grid.NewToken(TimeSpan.FromHours(1)), ["refresh_token"] = refresh };
                break;
            case "/oidc/token" when fields.GetValueOrDefault("device_code") == "device-secret":
                answer = grid.SignInPending-- > 0 ? new() { ["error"] = "authorization_pending" } : new() { ["id_token"] = grid.NewToken(TimeSpan.FromHours(1)), ["refresh_token"] = "refresh-secret" };
                break;
            case "/oidc/token":
                answer = new() { ["error"] = "invalid_grant" };
                break;
            default:
                if (path != $"/auth/{grid.Vo}_auth_config.json")
                {
                    throw new PandaRefusal(404, "not found");
                }

                answer = new() { ["oidc_config_url"] = new Uri(Endpoint, "/oidc/config").AbsoluteUri, ["client_id"] = "client", ["client_secret"] = "secret", ["audience"] = "panda" };
                break;
        }

        http.Response.StatusCode = answer.ContainsKey("error") ? 400 : 200;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.ToJsonString());
    }

    private static DateTimeOffset ExpiresAt(string token)
    {
        string part = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
        using JsonDocument claims = JsonDocument.Parse(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '=')));
        return DateTimeOffset.FromUnixTimeSeconds(claims.RootElement.GetProperty("exp").GetInt64());
    }

    private static byte[] Unzip(byte[] body)
    {
        using GZipStream gzip = new(new MemoryStream(body, writable: false), CompressionMode.Decompress);
        using MemoryStream plain = new();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
