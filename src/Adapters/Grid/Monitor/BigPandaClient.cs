using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Monitor;

/// <summary>The BigPanDA monitor: what became of tasks.</summary>
/// <param name="address">Address of the monitor.</param>
/// <param name="http">Sends the requests.</param>
/// <param name="time">The clock.</param>
public sealed class BigPandaClient(Uri address, HttpClient http, TimeProvider time)
{
    private const string Service = "BigPanDA";
    private const int MostWithMetadata = 100;
    private const int Tries = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Where the monitor is, as far as the environment says: PANDAMON_URL.</summary>
    /// <exception cref="InvalidInputException">It is no https address.</exception>
    public static Uri AddressFrom(Func<string, string?> variable)
    {
        const string Name = "PANDAMON_URL";
        if (variable(Name) is not { Length: > 0 } text)
        {
            return new("https://bigpanda.cern.ch");
        }

        return AddressRules.HasUserInfo(text)
            ? throw new InvalidInputException(new Fault(Name, null, AddressRules.UserInfo))
            : Uri.TryCreate(text, UriKind.Absolute, out Uri? given) && (given.Scheme == Uri.UriSchemeHttps || (given.Scheme == Uri.UriSchemeHttp && given.IsLoopback))
            ? given
            : throw new InvalidInputException(new Fault(Name, text, "must be an https address"));
    }

    /// <summary>Lists tasks, the newest first. Metadata of more tasks than the monitor gives at once is asked for in parts.</summary>
    /// <exception cref="UnavailableException">The monitor does not answer, or not with tasks.</exception>
    public async Task<ImmutableArray<JsonObject>> ListAsync(TaskQuery query, CancellationToken cancellation)
    {
        bool atOnce = query.WithMetadata && (query.Asked <= MostWithMetadata || query.Ids.Count is > 0 and <= MostWithMetadata);
        ImmutableArray<JsonObject> rows = [.. (await GetAsync(query, query.Ids, atOnce, cancellation)).Where(row => IsWanted(row, query)).OrderByDescending(IdOf).Take(query.Limit)];
        if (!query.WithMetadata || atOnce)
        {
            return rows;
        }

        Dictionary<long, JsonObject> whole = [];
        foreach (long[] ids in rows.Select(IdOf).Chunk(MostWithMetadata))
        {
            foreach (JsonObject row in await GetAsync(query, ids, withMetadata: true, cancellation))
            {
                whole[IdOf(row)] = row;
            }
        }

        return [.. rows.Select(row => whole.GetValueOrDefault(IdOf(row), row))];
    }

    /// <summary>Number of a task; 0 where it has none.</summary>
    public static long IdOf(JsonObject task) => task["jeditaskid"] is JsonValue value && value.TryGetValue(out long id) ? id : 0;

    private static bool IsWanted(JsonObject row, TaskQuery query)
    {
        long id = IdOf(row);
        return (query.From is not { } from || id >= from) && (query.To is not { } to || id <= to) && (query.Statuses.Count == 0 || (row["status"] is JsonValue status && status.TryGetValue(out string? name) && query.Statuses.Contains(name)));
    }

    private async Task<ImmutableArray<JsonObject>> GetAsync(TaskQuery query, IReadOnlyList<long> ids, bool withMetadata, CancellationToken cancellation)
    {
        List<(string Name, string Value)> parameters = [("json", "1"), ("datasets", "True"), ("limit", Text(query.Asked))];
        Add("jeditaskid", ids.Count == 0 ? null : string.Join('|', ids.Select(id => Text(id))));
        Add("username", query.User);
        Add("taskname", query.Name);
        Add("status", query.Statuses.Count == 0 ? null : string.Join('|', query.Statuses));
        Add("days", query.Days is { } days ? Text(days) : null);
        Add("extra", withMetadata ? "metastruct" : null);
        if (query.Sync)
        {
            string now = Text(time.GetUtcNow().ToUnixTimeSeconds());
            parameters.AddRange([("sync", now), ("timestamp", now)]);
        }

        Uri asked = new(address, $"/tasks/?{string.Join('&', parameters.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"))}");
        string text = await InsistAsync(asked, cancellation);
        try
        {
            return [.. (JsonNode.Parse(text) as JsonArray ?? throw new JsonException("it is no list")).OfType<JsonObject>().Select(row => (JsonObject)row.DeepClone())];
        }
        catch (JsonException)
        {
            throw new UnavailableException(Service, $"{address.Authority} did not answer with a list of tasks; it may want people to sign in. 'hpo tasks show --server' asks the PanDA server instead");
        }

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parameters.Add((name, value));
            }
        }
    }

    private async Task<string> InsistAsync(Uri asked, CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        for (int left = Tries - 1; ; left--, pause *= 2)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Get, asked);
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
                using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return await answer.Content.ReadAsStringAsync(cancellation);
                }

                if (left == 0 || (int)answer.StatusCode is not (429 or 502 or 503 or 504))
                {
                    throw new UnavailableException(Service, $"{address.Authority} answers with HTTP {(int)answer.StatusCode}; 'hpo tasks show --server' asks the PanDA server instead");
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                if (left == 0)
                {
                    throw new UnavailableException(Service, $"{address.Authority} cannot be reached: {error.Message}", error);
                }
            }

            await Task.Delay(pause, time, cancellation);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
