using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Contracts.Panda;

/// <summary>A double of the BigPanDA monitor: the page of tasks in its form for programs, and the parameters that it knows.</summary>
public sealed class BigPandaDouble : IAsyncDisposable
{
    private const int MostWithMetadata = 100;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "json", "datasets", "limit", "jeditaskid", "username", "taskname", "status", "superstatus", "reqid", "days", "extra", "sync", "timestamp",
    };

    private readonly WebApplication _app;

    private BigPandaDouble(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public Uri Address { get; private set; } = new("http://localhost");

    /// <summary>Its tasks; each has at least jeditaskid, status, taskname and username.</summary>
    public List<JsonObject> Tasks { get; } = [];

    /// <summary>Requests so far: path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Statuses with which the next requests are refused.</summary>
    public ConcurrentQueue<int> Refusals { get; } = new();

    /// <summary>Whether it wants people to sign in.</summary>
    public bool WantsSignIn { get; set; }

    public static async Task<BigPandaDouble> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        BigPandaDouble made = new(app);
        app.Run(made.AnswerAsync);
        await app.StartAsync();
        made.Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return made;
    }

    /// <summary>Adds a task.</summary>
    public void Add(long id, string status, string name, int finished, string user = "Alice Example") => Tasks.Add(new()
    {
        ["jeditaskid"] = id,
        ["status"] = status,
        ["taskname"] = name,
        ["username"] = user,
        ["site"] = "GRID_GPU",
        ["dsinfo"] = new JsonObject { ["pctfinished"] = finished, ["nfiles"] = 1 },
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        HttpRequest request = http.Request;
        Requests.Enqueue($"{request.Path}{request.QueryString}");
        if (Refusals.TryDequeue(out int status))
        {
            http.Response.StatusCode = status;
            return;
        }

        if (WantsSignIn || request.Query["json"] != "1")
        {
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync("<html>Sign in</html>");
            return;
        }

        if (request.Path != "/tasks/" || request.Query.Keys.FirstOrDefault(key => !Known.Contains(key)) is not null)
        {
            http.Response.StatusCode = 400;
            return;
        }

        JsonObject[] rows = [.. Rows(request.Query)];
        bool whole = request.Query["extra"] == "metastruct" && rows.Length <= MostWithMetadata;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(new JsonArray([.. rows.Select(row =>
        {
            JsonObject shown = (JsonObject)row.DeepClone();
            if (whole)
            {
                shown["jobs_metadata"] = new JsonArray(new JsonObject { ["1"] = new JsonObject { ["task"] = (long)row["jeditaskid"]! } });
            }

            return (JsonNode)shown;
        })]).ToJsonString());
    }

    private IEnumerable<JsonObject> Rows(IQueryCollection query)
    {
        IEnumerable<JsonObject> rows = Tasks;
        foreach (string field in new[] { "jeditaskid", "username", "status" }.Where(field => query.ContainsKey(field)))
        {
            string[] values = query[field].ToString().Split('|');
            rows = rows.Where(row => values.Contains(row[field]!.ToString()));
        }

        if (query.TryGetValue("taskname", out Microsoft.Extensions.Primitives.StringValues name))
        {
            Regex pattern = new($"^{Regex.Escape(name.ToString()).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.None, TimeSpan.FromSeconds(1));
            rows = rows.Where(row => pattern.IsMatch((string)row["taskname"]!));
        }

        return rows.Take(int.Parse(query["limit"].ToString(), CultureInfo.InvariantCulture));
    }
}
