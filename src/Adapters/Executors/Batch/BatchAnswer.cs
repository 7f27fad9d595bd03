using System.Text.Json;
using Azure;
using Azure.Core;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>An answer of the Batch service, good or bad.</summary>
/// <param name="message">Request and answer; disposed with this.</param>
/// <param name="what">What was asked for, for messages.</param>
internal sealed class BatchAnswer(HttpMessage message, string what) : IDisposable
{
    private const int LongestText = 500;

    private readonly Response _response = message.Response;
    private BatchError? _error;

    public int Status => _response.Status;

    public byte[] Content => _response.Content.ToArray();

    /// <summary>The service's code of the error; the status where it says none.</summary>
    public string Code => Error.Code is { Length: > 0 } code ? code : $"status {Status}";

    private BatchError Error => _error ??= ReadError();

    public string? Header(string name) => _response.Headers.TryGetValue(name, out string? value) ? value : null;

    /// <summary>Demands one of these statuses.</summary>
    /// <exception cref="BatchException">It is another.</exception>
    public BatchAnswer Need(params ReadOnlySpan<int> statuses) => statuses.Contains(Status) ? this : throw Refusal();

    /// <exception cref="BatchException">It is an error, or cannot be read.</exception>
    public T Read<T>()
    {
        Need(200);
        try
        {
            return _response.Content.ToObjectFromJson<T>(BatchJson.Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new BatchException(Status, "UnreadableAnswer", what, OneLine(error.Message), error);
        }
    }

    /// <summary>The same; null where it does not exist.</summary>
    public T? ReadOrNull<T>()
        where T : class => Status == 404 ? null : Read<T>();

    public BatchException Refusal() => new(Status, Code, what, OneLine(Error.Message?.Value));

    public void Dispose() => message.Dispose();

    /// <summary>The first line of a text; the service adds ids and times below.</summary>
    public static string OneLine(string? text)
    {
        string line = text?.Split('\n', 2)[0].Trim() ?? string.Empty;
        return line.Length <= LongestText ? line : line[..LongestText];
    }

    private BatchError ReadError()
    {
        try
        {
            return _response.Content.ToObjectFromJson<BatchError>(BatchJson.Options) ?? new(null, null);
        }
        catch (JsonException)
        {
            return new(null, null);
        }
    }
}
