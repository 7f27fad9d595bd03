using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>Sends requests to PanDA, signed, and again where the server is busy.</summary>
/// <remarks>The server answers nearly everything with 200 and JSON that it calls text/plain; what it refuses stands inside. Secrets go into no error.</remarks>
internal sealed class PandaPipeline : IDisposable
{
    private const int GzipFrom = 8 << 10;
    private const int LongestText = 500;

    private readonly PandaConnection _connection;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly PandaTokens? _tokens;
    private HttpClient? _http;
    private DateTime _proxyOf;

    /// <param name="connection">Where to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tell">Tells a person how to sign in; null where there is none.</param>
    public PandaPipeline(PandaConnection connection, TimeProvider time, Action<string>? tell)
    {
        _connection = connection;
        _time = time;
        _tokens = connection.Auth == PandaAuth.Oidc ? new(connection, Http(), time, tell) : null;
    }

    /// <summary>Asks; names may repeat, which makes a list.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer however often it was tried.</exception>
    public Task<PandaAnswer> GetAsync(string path, IEnumerable<(string Name, string Value)> query, CancellationToken cancellation)
    {
        string parameters = string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Name)}={Uri.EscapeDataString(pair.Value)}"));
        Uri address = new($"{_connection.Api}/{path}{(parameters.Length == 0 ? string.Empty : "?")}{parameters}");
        return SendAsync($"GET {path}", () => new(HttpMethod.Get, address), cancellation);
    }

    /// <summary>Sends an object. Its values keep their types: the server casts nothing.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer however often it was tried.</exception>
    public Task<PandaAnswer> PostAsync(string path, JsonObject body, CancellationToken cancellation)
    {
        byte[] content = Encoding.UTF8.GetBytes(body.ToJsonString());
        bool zip = content.Length >= GzipFrom;
        content = zip ? Gzip(content) : content;
        return SendAsync($"POST {path}", () => new(HttpMethod.Post, $"{_connection.Api}/{path}") { Content = Json(content, zip) }, cancellation);
    }

    /// <summary>Sends a file to the server that keeps sandboxes.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer however often it was tried.</exception>
    public Task<PandaAnswer> UploadAsync(Uri server, string path, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => SendAsync(
        $"POST {path}",
        () =>
        {
#pragma warning disable CA2000 // the form disposes its parts, and the request the form
            ReadOnlyMemoryContent file = new(content);
#pragma warning restore CA2000
            file.Headers.ContentType = new("application/octet-stream");
            return new(HttpMethod.Post, $"{server}/{path}") { Content = new MultipartFormDataContent { { file, "file", name } } };
        },
        cancellation);

    public void Dispose()
    {
        _tokens?.Dispose();
        _http?.Dispose();
    }

    /// <summary>What sends requests; anew where the proxy was renewed, as it is every few hours.</summary>
    /// <exception cref="PandaException">The proxy cannot be used now.</exception>
    private HttpClient Http()
    {
        bool hasProxy = _connection is { Auth: PandaAuth.X509, Handler: null };
        lock (_gate)
        {
            DateTime proxy = hasProxy ? File.GetLastWriteTimeUtc(_connection.Proxy) : default;
            if (_http is null || proxy != _proxyOf)
            {
                HttpClient made = _connection.Handler is { } given ? new(given, disposeHandler: false) : new(PandaHandler.Create(_connection, _time));
                made.Timeout = _connection.Timeout;
                (_http, _proxyOf) = (made, proxy); // requests under way keep the one before
            }

            return _http;
        }
    }

    private static ByteArrayContent Json(byte[] content, bool zip)
    {
        ByteArrayContent body = new(content);
        body.Headers.ContentType = new("application/json"); // without a charset: the server compares the whole
        if (zip)
        {
            body.Headers.ContentEncoding.Add("gzip");
        }

        return body;
    }

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return zipped.ToArray();
    }

    private async Task<PandaAnswer> SendAsync(string what, Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        string? refused = null;
        TimeSpan pause = _connection.FirstPause;
        for (int left = _connection.Retries; ; left--, pause = pause * 2 < _connection.LongestPause ? pause * 2 : _connection.LongestPause)
        {
            TimeSpan least = TimeSpan.Zero;
            string? token = null;
            try
            {
                using HttpRequestMessage request = make();
                token = await SignAsync(request, refused, cancellation);
                using HttpResponseMessage answer = await Http().SendAsync(request, cancellation);
                string text = await answer.Content.ReadAsStringAsync(cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return Read(what, text, token);
                }

                if (answer.StatusCode == HttpStatusCode.Forbidden && token is not null && refused is null && _tokens!.CanRenew && IsAboutToken(text))
                {
                    refused = token;
                    left++;
                    continue;
                }

                if (!IsRetried(answer.StatusCode) || left <= 0)
                {
                    throw new PandaException((int)answer.StatusCode, null, what, Said(text, answer.StatusCode, token));
                }

                least = answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;
            }
            catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                if (left <= 0 || error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
                {
                    throw new PandaException(0, null, what, Hide($"{_connection.Api.Authority} {Reason(error)}", token), error);
                }
            }

            TimeSpan delay = pause * (0.5 + (RandomNumberGenerator.GetInt32(500) / 1000.0)); // so that clients do not come back together
            await Task.Delay(delay > least ? delay : least, _time, cancellation);
        }
    }

    private async Task<string?> SignAsync(HttpRequestMessage request, string? refused, CancellationToken cancellation)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_tokens is null)
        {
            return null;
        }

        string token = await _tokens.TokenAsync(refused, cancellation);
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.TryAddWithoutValidation("Origin", _connection.Vo);
        return token;
    }

    private static bool IsRetried(HttpStatusCode status) => (int)status is 408 or 429 or 502 or 503 or 504;

    private static bool IsAboutToken(string text) => text.Contains("token", StringComparison.OrdinalIgnoreCase);

    private static PandaAnswer Read(string what, string text, string? token)
    {
        JsonElement json;
        try
        {
            json = JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException error)
        {
            throw new PandaException(200, null, what, Hide($"its answer is not JSON: {OneLine(text)}", token), error);
        }

        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("success", out JsonElement success))
        {
            throw new PandaException(200, null, what, "its answer has no success");
        }

        string message = json.TryGetProperty("message", out JsonElement said) && said.ValueKind == JsonValueKind.String ? Hide(said.GetString()!, token) : string.Empty;
        return new(what, success.ValueKind == JsonValueKind.True, message, json.TryGetProperty("data", out JsonElement data) ? data : default);
    }

    private static string Said(string text, HttpStatusCode status, string? token)
    {
        string line = OneLine(text.StartsWith('<') ? string.Empty : text);
        return Hide($"HTTP {(int)status}{(line.Length == 0 ? string.Empty : $": {line}")}", token);
    }

    private static string Reason(Exception error) => error switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"and this machine do not trust each other: {error.InnerException?.Message ?? error.Message}",
        OperationCanceledException => "does not answer in time",
        _ => $"cannot be reached: {error.Message}",
    };

    private static string Hide(string text, string? token) => string.IsNullOrEmpty(token) ? text : text.Replace(token, "***", StringComparison.Ordinal);

    private static string OneLine(string text)
    {
        string line = text.Split('\n', 2)[0].Trim();
        return line.Length <= LongestText ? line : line[..LongestText];
    }
}
