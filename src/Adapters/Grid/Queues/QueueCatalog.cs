using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Queues;

/// <summary>Reads what CRIC (or AGIS before it) says of the grid's queues.</summary>
public static class QueueCatalog
{
    /// <summary>Where grid nodes have it as a file.</summary>
    public const string CvmfsFile = "/cvmfs/atlas.cern.ch/repo/sw/local/etc/agis_schedconf.json";

    /// <summary>Where it is on the net.</summary>
    public const string Address = "https://atlas-cric.cern.ch/api/atlas/pandaqueue/query/?json";

    private const string Service = "the catalogue of queues";

    private static readonly ImmutableArray<string> NameFields = ["name", "nickname", "panda_resource"];

    /// <summary>Reads all queues.</summary>
    /// <param name="source">A file, a file:// or https:// address; null for <see cref="CvmfsFile"/> where it is there, else <see cref="Address"/>.</param>
    /// <param name="http">Fetches what is on the net.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>By name.</returns>
    /// <exception cref="InvalidInputException">There is no such file, or it is not such a catalogue.</exception>
    /// <exception cref="UnavailableException">The net has none.</exception>
    public static async Task<ImmutableArray<GridQueue>> ReadAsync(string? source, HttpClient http, CancellationToken cancellation)
    {
        source ??= File.Exists(CvmfsFile) ? CvmfsFile : Address;
        string text = Uri.TryCreate(source, UriKind.Absolute, out Uri? address) && !address.IsFile
            ? await FetchAsync(address, http, cancellation)
            : await ReadFileAsync(address?.LocalPath ?? source, cancellation);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            ImmutableArray<GridQueue> queues = [.. Queues(document.RootElement).OrderBy(queue => queue.Name, StringComparer.Ordinal)];
            return queues.Any(queue => queue.Type is not null || queue["state"] is not null) ? queues : throw new JsonException("nothing in it is a queue");
        }
        catch (JsonException)
        {
            throw new InvalidInputException(new Fault("--source", source, "must hold JSON with the queues by name, as CRIC's pandaqueue query gives it"));
        }
    }

    private static IEnumerable<GridQueue> Queues(JsonElement root) => root.ValueKind switch
    {
        JsonValueKind.Object => root.EnumerateObject().Where(queue => queue.Value.ValueKind == JsonValueKind.Object).Select(queue => Queue(queue.Name, queue.Value)),
        JsonValueKind.Array => root.EnumerateArray().Where(queue => queue.ValueKind == JsonValueKind.Object).Select(queue => Queue(NameOf(queue), queue)),
        _ => throw new JsonException("there are no queues"),
    };

    private static string NameOf(JsonElement queue) =>
        NameFields.Select(field => queue.TryGetProperty(field, out JsonElement name) ? Text(name) : null).FirstOrDefault(name => name is not null) ?? "unknown";

    private static GridQueue Queue(string name, JsonElement queue) =>
        new(name, queue.EnumerateObject().Where(field => field.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            .GroupBy(field => field.Name, StringComparer.Ordinal).ToImmutableSortedDictionary(field => field.Key, field => Text(field.Last().Value), StringComparer.Ordinal));

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static async Task<string> ReadFileAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault("--source", path, "must be a file that can be read, or an https address"));
        }
    }

    private static async Task<string> FetchAsync(Uri address, HttpClient http, CancellationToken cancellation)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        {
            throw new InvalidInputException(new Fault("--source", address.OriginalString, "must be a file, or an address that begins with file:// or https://"));
        }

        try
        {
            using HttpResponseMessage answer = await http.GetAsync(address, cancellation);
            return answer.IsSuccessStatusCode
                ? await answer.Content.ReadAsStringAsync(cancellation)
                : throw new UnavailableException(Service, $"{address.Authority} answers with HTTP {(int)answer.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new UnavailableException(Service, $"{address.Authority} cannot be reached ({error.Message}); name a file or another address with --source", error);
        }
    }
}
