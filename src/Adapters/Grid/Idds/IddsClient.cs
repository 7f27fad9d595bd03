using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Grid.Idds;

/// <summary>The REST service of iDDS, as far as searches need it. For several threads.</summary>
/// <remarks>A member of a path that is not given is the word <c>null</c>. The limit of a list of points never is: the server fails on a number.</remarks>
public sealed class IddsClient : IDisposable
{
    private const string NotGiven = "null";

    private readonly IddsPipeline _pipeline;

    /// <summary>A client that has asked for nothing yet.</summary>
    /// <param name="connection">Where to, and who asks.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="tell">Tells a person how to sign in; null where there is none, then signing in anew is an error.</param>
    /// <exception cref="InvalidInputException">The proxy cannot be used.</exception>
    public IddsClient(IddsConnection connection, TimeProvider? time = null, Action<string>? tell = null) => _pipeline = new(connection, time ?? TimeProvider.System, tell);

    /// <summary>All points of a search, evaluated or not, as iDDS lists them.</summary>
    /// <exception cref="IddsException">The server refuses, or does not answer.</exception>
    public async Task<ImmutableArray<IddsPoint>> PointsAsync(IddsSearch search, CancellationToken cancellation)
    {
        string path = $"hpo/{Text(search.Workload)}/{Text(search.Request)}/{NotGiven}/{NotGiven}/{NotGiven}";
        JsonElement list = await _pipeline.SendAsync(HttpMethod.Get, path, body: null, isRepeated: true, cancellation);
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new IddsException(200, null, $"GET /{path}", "its answer is no list of points");
        }

        return [.. list.EnumerateArray().Select(item => Read(item) ?? throw new IddsException(200, null, $"GET /{path}", $"its answer has a point without id and parameters: {item.GetRawText()}"))];
    }

    /// <summary>Tells the loss of a point; iDDS takes the smaller one for better. Telling it again changes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="loss"/> is not finite: iDDS would take it and its readers would break.</exception>
    /// <exception cref="IddsException">The server refuses, or does not answer.</exception>
    public async Task UpdateAsync(IddsSearch search, string id, double loss, CancellationToken cancellation)
    {
        if (!double.IsFinite(loss))
        {
            throw new ArgumentOutOfRangeException(nameof(loss), loss, "must be finite");
        }

        string path = $"hpo/{Text(search.Workload)}/{Text(search.Request)}/{Uri.EscapeDataString(id)}/{loss.ToString("R", CultureInfo.InvariantCulture)}";
        JsonElement answer = await _pipeline.SendAsync(HttpMethod.Put, path, body: null, isRepeated: true, cancellation);
        bool isDone = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("status", out JsonElement status) && status.ValueKind == JsonValueKind.Number && status.GetDouble() == 0;
        if (!isDone)
        {
            throw new IddsException(200, null, $"PUT /{path}", answer.ValueKind == JsonValueKind.Undefined ? "its answer is empty" : answer.GetRawText());
        }
    }

    /// <summary>Begins a search.</summary>
    /// <param name="request">The request, with its metadata.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="IddsException">The server refuses, or does not answer; it is not asked again, because it might have begun.</exception>
    public async Task<long> SubmitAsync(JsonObject request, CancellationToken cancellation)
    {
        JsonElement answer = await _pipeline.SendAsync(HttpMethod.Post, "request", request, isRepeated: false, cancellation);
        return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("request_id", out JsonElement id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out long number)
            ? number
            : throw new IddsException(200, null, "POST /request", "its answer has no request_id");
    }

    /// <inheritdoc/>
    public void Dispose() => _pipeline.Dispose();

    private static IddsPoint? Read(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("id", out JsonElement id) || id.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)
            || !item.TryGetProperty("parameters", out JsonElement parameters))
        {
            return null;
        }

        JsonElement loss = item.TryGetProperty("loss", out JsonElement given) ? given : default;
        double? value = loss.ValueKind == JsonValueKind.Number && loss.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;
        return new(id.ToString(), parameters, loss.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined), value);
    }

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? NotGiven;
}
