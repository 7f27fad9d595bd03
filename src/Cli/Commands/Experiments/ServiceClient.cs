using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Speaks with the HTTP API, and turns what it says about errors back into errors.</summary>
internal sealed class ServiceClient : IDisposable
{
    /// <summary>Stands before what is a token and no key.</summary>
    public const string TokenScheme = "Bearer ";

    private const string KeyHeader = "x-functions-key";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly Uri _address;

    /// <param name="address">Address of the service, with or without <c>/api</c>.</param>
    /// <param name="key">A key, or <see cref="TokenScheme"/> and a token of Microsoft Entra ID.</param>
    public ServiceClient(Uri address, string key)
    {
        string text = address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _address = new($"{(text.EndsWith("/api", StringComparison.Ordinal) ? text : $"{text}/api")}/");
        _http = new(new SocketsHttpHandler { UseProxy = !address.IsLoopback, AllowAutoRedirect = false }) { BaseAddress = _address, Timeout = Patience };
        if (key.StartsWith(TokenScheme, StringComparison.Ordinal))
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", key[TokenScheme.Length..]);
        }
        else
        {
            _http.DefaultRequestHeaders.Add(KeyHeader, key);
        }
    }

    /// <summary>Sends a request without a body.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Relative to <c>/api/</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UnavailableException">Nothing answers, or it has trouble of its own.</exception>
    /// <exception cref="RefusedException">The key is missing or wrong.</exception>
    /// <exception cref="InvalidInputException">The service found faults in the request, or quotas that are in its way; lists them.</exception>
    /// <exception cref="ServiceAnswerException">The service says otherwise that the request is wrong.</exception>
    public Task<T> SendAsync<T>(HttpMethod method, string path, CancellationToken cancellation) => SendAsync<T>(method, path, null, cancellation);

    /// <summary>Sends a JSON body.</summary>
    /// <inheritdoc cref="SendAsync{T}(HttpMethod, string, CancellationToken)"/>
    public Task<T> SendJsonAsync<T>(HttpMethod method, string path, JsonElement body, CancellationToken cancellation) =>
        SendAsync<T>(method, path, Content(JsonSerializer.SerializeToUtf8Bytes(body), "application/json"), cancellation);

    /// <summary>Sends a zip archive.</summary>
    /// <inheritdoc cref="SendAsync{T}(HttpMethod, string, CancellationToken)"/>
    public Task<T> SendArchiveAsync<T>(HttpMethod method, string path, ReadOnlyMemory<byte> archive, CancellationToken cancellation) =>
        SendAsync<T>(method, path, Content(archive, "application/zip"), cancellation);

    /// <summary>Fetches a text.</summary>
    /// <inheritdoc cref="SendAsync{T}(HttpMethod, string, CancellationToken)"/>
    public Task<string> ReadTextAsync(string path, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, null, Encoding.UTF8.GetString, cancellation);

    public void Dispose() => _http.Dispose();

    private static ReadOnlyMemoryContent Content(ReadOnlyMemory<byte> body, string type) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation) =>
        SendAsync(method, path, content, Read<T>, cancellation);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, Func<byte[], T> read, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellation);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return response.IsSuccessStatusCode ? read(body) : throw Error(response, body);
        }
        catch (HttpRequestException error)
        {
            throw new UnavailableException(_address.ToString(), error.Message, error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new UnavailableException(_address.ToString(), $"no answer within {Patience.TotalSeconds} s", error);
        }
    }

    private T Read<T>(byte[] body)
    {
        try
        {
            return body.Length == 0 ? default! : JsonSerializer.Deserialize<T>(body, EngineJson.Options)!;
        }
        catch (JsonException error)
        {
            throw new UnavailableException(_address.ToString(), "what answers there is not this service", error);
        }
    }

    private HpoException Error(HttpResponseMessage response, byte[] body)
    {
        HttpStatusCode status = response.StatusCode;
        if (response.Headers.Location is { } elsewhere && (int)status is >= 300 and < 400)
        {
            return new ServiceAnswerException($"{_address} sends on to {elsewhere}; no key is sent there unasked: if that is the service, give its address");
        }

        Problem? problem = ReadProblem(body);
        string said = problem?.Detail ?? problem?.Title ?? $"HTTP {(int)status}";
        return status switch
        {
            HttpStatusCode.TooManyRequests when problem is { Errors: { IsDefaultOrEmpty: false } quotas } => new InvalidInputException(quotas),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new RefusedException(_address.ToString(), said),
            >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => new UnavailableException(_address.ToString(), said),
            _ => problem is { Errors: { IsDefaultOrEmpty: false } faults } ? new InvalidInputException(faults) : new ServiceAnswerException(said),
        };
    }

    private static Problem? ReadProblem(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<Problem>(body, EngineJson.Options);
        }
        catch (JsonException)
        {
            return null; // something between here and the service answered
        }
    }

    private sealed record Problem(string? Title, string? Detail, ImmutableArray<Fault> Errors);
}
