using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>Sends requests to iDDS, signed, and again where the connection breaks or the server is busy.</summary>
internal sealed class IddsPipeline : IDisposable
{
    private const int LongestText = 500;

    private readonly IddsConnection _connection;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly PandaTokens? _tokens;

    /// <exception cref="InvalidInputException">The proxy cannot be used.</exception>
    public IddsPipeline(IddsConnection connection, TimeProvider time, Action<string>? tell)
    {
        _connection = connection;
        _time = time;
        PandaConnection identity = connection.Identity;
        bool isPlain = connection.Url.Scheme == Uri.UriSchemeHttp; // of this machine: nobody is shown a proxy there
        _http = identity.Handler is { } given ? new(given, disposeHandler: false) : isPlain ? new() : new(PandaHandler.Create(identity, time));
        _http.Timeout = identity.Timeout;
        _tokens = identity.Auth == PandaAuth.Oidc ? new(identity, _http, time, tell) : null;
    }

    /// <summary>Asks for something.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Below the address of the service, escaped.</param>
    /// <param name="body">What is sent; null for nothing.</param>
    /// <param name="isRepeated">Whether it may be asked for again where it is not known whether it was done.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The answer; undefined where it is empty.</returns>
    /// <exception cref="IddsException">The server refuses, or does not answer however often it was tried.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? body, bool isRepeated, CancellationToken cancellation)
    {
        string what = $"{method} /{path}";
        TimeSpan pause = _connection.Identity.FirstPause;
        for (int left = isRepeated ? _connection.Identity.Retries : 0; ; left--, pause *= 2)
        {
            string? token = _tokens is null ? null : await _tokens.TokenAsync(refused: null, cancellation);
            try
            {
                using HttpRequestMessage request = Make(method, path, body, token);
                using HttpResponseMessage answer = await _http.SendAsync(request, cancellation);
                string text = await answer.Content.ReadAsStringAsync(cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return Read(what, text, token);
                }

                if (left <= 0 || (int)answer.StatusCode is not (408 or 429 or 502 or 503 or 504))
                {
                    throw Refusal(what, answer, text, token);
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                if (left <= 0 || error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
                {
                    string reason = error is OperationCanceledException ? "does not answer in time" : $"cannot be reached: {error.Message}";
                    throw new IddsException(0, null, what, Hide($"{_connection.Url.Authority} {reason}", token), error);
                }
            }

            await Task.Delay(pause * (0.5 + (RandomNumberGenerator.GetInt32(1000) / 1000.0)), _time, cancellation); // so that clients do not come back together
        }
    }

    public void Dispose()
    {
        _tokens?.Dispose();
        _http.Dispose();
    }

    private HttpRequestMessage Make(HttpMethod method, string path, JsonObject? body, string? token)
    {
        HttpRequestMessage request = new(method, $"{_connection.Url.AbsoluteUri.TrimEnd('/')}/{path}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add("X-IDDS-Auth-Type", token is null ? "x509_proxy" : "oidc");
        if (_connection.Identity.Vo is { } vo)
        {
            request.Headers.TryAddWithoutValidation("X-IDDS-Auth-VO", vo);
        }

        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("X-IDDS-Auth-Token", token);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        return request;
    }

    private static JsonElement Read(string what, string text, string? token)
    {
        try
        {
            return text.Length == 0 ? default : GridJson.Parse(text, what);
        }
        catch (InvalidInputException error)
        {
            throw new IddsException(200, null, what, Hide($"its answer is not JSON: {OneLine(text)}", token), error);
        }
    }

    private static IddsException Refusal(string what, HttpResponseMessage answer, string text, string? token)
    {
        string? kind = Header(answer, "ExceptionClass");
        string said = Header(answer, "ExceptionMessage") is { } message ? MessageIn(message) : text.StartsWith('<') ? string.Empty : text;
        string line = OneLine(said.Length == 0 ? $"HTTP {(int)answer.StatusCode}" : said);
        return new((int)answer.StatusCode, kind, what, Hide(answer.StatusCode == HttpStatusCode.Unauthorized ? $"{line}; is PANDA_AUTH right?" : line, token));
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    /// <summary>The header holds JSON with the message.</summary>
    private static string MessageIn(string header)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("msg", out JsonElement message) ? message.ToString() : header;
        }
        catch (JsonException)
        {
            return header;
        }
    }

    private static string Hide(string text, string? token) => string.IsNullOrEmpty(token) ? text : text.Replace(token, "***", StringComparison.Ordinal);

    private static string OneLine(string text)
    {
        string line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= LongestText ? line : line[..LongestText];
    }
}
