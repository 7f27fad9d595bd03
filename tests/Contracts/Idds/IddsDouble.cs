using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Contracts.Idds;

/// <summary>A strict double of the REST service of iDDS and of its agents, with the service's oddities: it fails where the service does.</summary>
public sealed class IddsDouble : IAsyncDisposable
{
    private const int MostGenerations = 3;

    private readonly ConcurrentDictionary<long, IddsDoubleSearch> _searches = [];
    private readonly SemaphoreSlim _gate = new(1);
    private WebApplication? _app;

    /// <summary>Address of the service.</summary>
    public Uri Url { get; private set; } = new("http://localhost");

    /// <summary>Tokens that it takes; with any, a proxy is not enough.</summary>
    public HashSet<string> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>The steering program: what it reads, how many points, how many in all; gives what it writes.</summary>
    public Func<JsonObject, int, int, Task<JsonArray>>? Steer { get; set; }

    /// <summary>How often points are asked for before its agents have generated new ones.</summary>
    public int AsksPerGeneration { get; set; } = 1;

    /// <summary>Statuses with which the next requests are refused; -1 breaks the connection.</summary>
    public ConcurrentQueue<int> Refusals { get; } = new();

    /// <summary>Requests so far: method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The searches, by number.</summary>
    public IReadOnlyList<IddsDoubleSearch> Searches => [.. _searches.Values.OrderBy(search => search.Request)];

    /// <summary>Starts one.</summary>
    public static async Task<IddsDouble> StartAsync()
    {
        IddsDouble made = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        made._app = builder.Build();
        made._app.Run(made.AnswerAsync);
        await made._app.StartAsync();
        made.Url = new(made._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/idds");
        return made;
    }

    /// <summary>A search begins, as PanDA begins one.</summary>
    /// <returns>Its number.</returns>
    public long Begin(JsonObject metadata)
    {
        _gate.Wait();
        try
        {
            return Add((JsonObject)JsonNode.Parse(metadata.ToJsonString())!).Request;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _gate.Dispose();
    }

    private IddsDoubleSearch Add(JsonObject metadata)
    {
        IddsDoubleSearch search = new(_searches.Count + 101, (long?)metadata["workload_id"], (JsonObject)metadata.DeepClone());
        foreach (JsonNode? pair in metadata["initial_points"]?.AsArray() ?? [])
        {
            search.Add((JsonObject)pair![0]!.DeepClone(), (double?)pair[1]);
        }

        return _searches[search.Request] = search;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
        if (Refusals.TryDequeue(out int status))
        {
            if (status < 0)
            {
                http.Abort();
                return;
            }

            http.Response.StatusCode = status;
            await http.Response.WriteAsync("<html>refused</html>");
            return;
        }

        await _gate.WaitAsync();
        try
        {
            await WriteAsync(http, 200, await DecideAsync(http));
        }
        catch (IddsRefusal refusal)
        {
            http.Response.Headers["ExceptionClass"] = refusal.Kind;
            http.Response.Headers["ExceptionMessage"] = new JsonObject { ["msg"] = refusal.Message }.ToJsonString();
            await WriteAsync(http, refusal.Status, string.Empty);
        }
        finally
        {
            _gate.Release();
        }
    }

    private static Task WriteAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(text);
    }

    private async Task<string> DecideAsync(HttpContext http)
    {
        Authenticate(http.Request);
        string[] parts = http.Request.Path.Value!.Trim('/').Split('/');
        switch ((http.Request.Method, parts))
        {
            case ("GET", ["idds", "hpo", var workload, var request, var id, var wanted, var limit]):
                return await ListAsync(workload, request, id, wanted, limit);
            case ("PUT", ["idds", "hpo", var workload, var request, var id, var loss]):
                Update(workload, request, id, loss);
                return """{"status": 0, "message": "update successfully"}""";
            case ("POST", ["idds", "request"]):
                using (StreamReader reader = new(http.Request.Body))
                {
                    return $$"""{"request_id": {{Submit(await reader.ReadToEndAsync())}}}""";
                }

            case ("GET", ["idds", "ping"]):
                return """{"Status": "OK"}""";
            default:
                throw new IddsRefusal(404, "NotFound", "The requested URL was not found on the server.");
        }
    }

    private void Authenticate(HttpRequest request)
    {
        string type = request.Headers["X-IDDS-Auth-Type"].ToString();
        if (type is not ("x509_proxy" or "oidc"))
        {
            throw new IddsRefusal(401, "AuthenticationNotSupported", $"auth type '{type}' is not supported");
        }

        if (type == "oidc" && (request.Headers["X-IDDS-Auth-VO"].Count == 0 || !Tokens.Contains(request.Headers["X-IDDS-Auth-Token"].ToString())))
        {
            throw new IddsRefusal(401, "AuthenticationFailed", "the token is not valid");
        }

        if (type == "x509_proxy" && Tokens.Count > 0)
        {
            throw new IddsRefusal(401, "AuthenticationFailed", "no client certificate");
        }
    }

    private async Task<string> ListAsync(string workload, string request, string id, string wanted, string limit)
    {
        IddsDoubleSearch? search = Find(workload, request);
        if (wanted != "null" && wanted is not ("New" or "Available"))
        {
            throw new IddsRefusal(500, "CoreException", $"'{wanted}' is not a valid ContentStatus");
        }

        if (search is not null)
        {
            await GenerateAsync(search);
        }

        List<IddsDoublePoint> points = [.. (search?.Points ?? []).Where(point => id == "null" || point.Id == id)];
        return points.Count > 0 && limit != "null"
            ? throw new IddsRefusal(500, "CoreException", "'>' not supported between instances of 'int' and 'str'")
            : $"[{string.Join(", ", points.Select(point => point.ToPython()))}]";
    }

    /// <summary>What the agents do: new points only when none is unfinished, and no more than a few attempts.</summary>
    private async Task GenerateAsync(IddsDoubleSearch search)
    {
        int most = (int?)search.Metadata["max_points"] ?? 0;
        if (search.Status != "Transforming" || search.Points.Any(point => point.Loss is null))
        {
            return;
        }

        if (most > 0 && search.Points.Count >= most)
        {
            search.Status = "Finished";
            return;
        }

        if (Steer is null || ++search.Asks < AsksPerGeneration)
        {
            return;
        }

        search.Asks = 0;
        JsonObject input = new()
        {
            ["points"] = new JsonArray([.. search.Points.Select(point => (JsonNode)new JsonArray(point.Parameters.DeepClone(), point.Loss is { } loss && double.IsFinite(loss) ? loss : null))]),
            ["opt_space"] = search.Metadata["opt_space"]?.DeepClone(),
        };
        int count = (int?)search.Metadata["num_points_per_iteration"] ?? 10;
        JsonArray made = await Steer(input, most > 0 ? Math.Min(count, most - search.Points.Count) : count, most);
        foreach (JsonNode? point in made)
        {
            search.Add((JsonObject)point!.DeepClone(), null);
        }

        search.Failures = made.Count == 0 ? search.Failures + 1 : 0;
        search.Status = search.Failures > MostGenerations ? "Failed" : search.Status;
    }

    private void Update(string workload, string request, string id, string loss)
    {
        IddsDoublePoint point = (Find(workload, request)?.Points ?? []).FirstOrDefault(point => point.Id == id) ?? throw new IddsRefusal(500, "CoreException", "list index out of range");
        string text = loss.Trim().ToLowerInvariant();
        point.Loss = text is "nan" ? double.NaN
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : throw new IddsRefusal(500, "CoreException", $"could not convert string to float: '{loss}'");
    }

    private long Submit(string body)
    {
        JsonObject request;
        try
        {
            request = (JsonObject)JsonNode.Parse(body)!;
        }
        catch (Exception error) when (error is JsonException or InvalidCastException or ArgumentNullException)
        {
            throw new IddsRefusal(400, "BadRequest", "Cannot decode json parameter dictionary");
        }

        if (!IsNumber(request["request_type"], 4) || !IsNumber(request["status"], 0) || request["requester"] is null || request["transform_tag"] is null || request["request_metadata"] is not JsonObject metadata)
        {
            throw new IddsRefusal(500, "CoreException", "the request lacks something, or has it in another type");
        }

        return metadata["executable"] is not null && metadata["arguments"] is not null && metadata["opt_space"] is not null
            ? Add(metadata).Request
            : throw new IddsRefusal(500, "CoreException", "KeyError: the metadata of a hyperparameter optimisation lacks something");
    }

    private static bool IsNumber(JsonNode? node, int number) => node?.GetValueKind() == JsonValueKind.Number && (int)node == number;

    private IddsDoubleSearch? Find(string workload, string request)
    {
        if (workload == "null" && request == "null")
        {
            throw new IddsRefusal(500, "CoreException", "One of workload_id and request_id should not be None or empty");
        }

        long? Number(string text) => text == "null" ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw new IddsRefusal(500, "DatabaseException", $"invalid input syntax for integer: '{text}'");
        (long? wantedWorkload, long? wantedRequest) = (Number(workload), Number(request));
        return Searches.FirstOrDefault(search => (wantedRequest is null || search.Request == wantedRequest) && (wantedWorkload is null || search.Workload == wantedWorkload));
    }
}
