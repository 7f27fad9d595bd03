using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Sends requests to one Batch account, signed, and again where the service is busy (with the pause it asks for).</summary>
internal sealed class BatchPipeline
{
    private const string ApiVersion = "2025-06-01";
    private const string JsonType = "application/json; odata=minimalmetadata";

    private static readonly string[] Scopes = ["https://batch.core.windows.net/.default"];

    private readonly HttpPipeline _pipeline;
    private readonly Uri _endpoint;

    /// <param name="options">The account.</param>
    /// <param name="credential">Who asks.</param>
    public BatchPipeline(BatchOptions options, TokenCredential credential)
    {
        _endpoint = options.Endpoint;
        Settings settings = new();
        settings.Retry.Mode = RetryMode.Exponential;
        settings.Retry.MaxRetries = options.Retries;
        settings.Retry.Delay = options.FirstPause;
        settings.Retry.MaxDelay = options.LongestPause;
        settings.Retry.NetworkTimeout = options.NetworkTimeout;
        if (options.Transport is { } transport)
        {
            settings.Transport = transport;
        }

        _pipeline = HttpPipelineBuilder.Build(settings, new BearerTokenAuthenticationPolicy(credential, Scopes));
    }

    /// <summary>Sends a request.</summary>
    /// <exception cref="BatchException">There is no answer, however often it was tried.</exception>
    public Task<BatchAnswer> SendAsync(
        RequestMethod method,
        string[] path,
        IReadOnlyList<(string Name, string Value)> query,
        object? body,
        CancellationToken cancellation,
        params ReadOnlySpan<(string Name, string Value)> headers)
    {
        HttpMessage message = _pipeline.CreateMessage();
        Request request = message.Request;
        request.Method = method;
        request.Uri.Reset(_endpoint);
        foreach (string segment in path)
        {
            request.Uri.AppendPath("/", escape: false);
            request.Uri.AppendPath(Uri.EscapeDataString(segment), escape: false);
        }

        request.Uri.AppendQuery("api-version", ApiVersion);
        foreach ((string name, string value) in query)
        {
            request.Uri.AppendQuery(name, Uri.EscapeDataString(value), escapeValue: false);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        if (method == RequestMethod.Post)
        {
            request.Content = body is null ? RequestContent.Create(Array.Empty<byte>()) : RequestContent.Create(BinaryData.FromObjectAsJson(body, BatchJson.Options));
            request.Headers.Add("Content-Type", JsonType); // the service demands it of requests without a body, too
        }

        return SendAsync(message, $"{method} {string.Join('/', path)}", cancellation);
    }

    /// <summary>Fetches the next page of a listing.</summary>
    /// <exception cref="BatchException">The link leads elsewhere, where the token must not go, or there is no answer.</exception>
    public Task<BatchAnswer> FollowAsync(string link, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(_endpoint, link, out Uri? next) || next.GetLeftPart(UriPartial.Authority) != _endpoint.GetLeftPart(UriPartial.Authority))
        {
            throw new BatchException(200, "ForeignLink", "the next page", "the link leads to another host");
        }

        HttpMessage message = _pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(next);
        return SendAsync(message, $"GET {next.AbsolutePath}", cancellation);
    }

    private async Task<BatchAnswer> SendAsync(HttpMessage message, string what, CancellationToken cancellation)
    {
        message.Request.Headers.Add("Accept", "application/json");
        try
        {
            await _pipeline.SendAsync(message, cancellation);
            return new(message, what);
        }
        catch (Exception error)
        {
            message.Dispose();
            throw error switch
            {
                OperationCanceledException when cancellation.IsCancellationRequested => error,
                AuthenticationFailedException => new BatchException(0, "NoToken", what, "the identity got no token", error),
                RequestFailedException or AggregateException or OperationCanceledException or IOException or HttpRequestException =>
                    new BatchException(0, "NoAnswer", what, "the service did not answer", error),
                _ => error,
            };
        }
    }

    private sealed class Settings : ClientOptions;
}
