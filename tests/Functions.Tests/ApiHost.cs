using System.Collections.Immutable;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Functions.Tests;

/// <summary>A service with its HTTP API on a free port, and a caller of it. Trials of the project <c>parabola</c> wait until they are let go.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public const string Project = "parabola";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient _client = new();

    private ApiHost()
    {
    }

    public EmbeddedHost Host { get; private set; } = null!;

    /// <summary>What a request carries as its key, unless it says otherwise.</summary>
    public string Key => Host.Keys.Function;

    public static async Task<ApiHost> StartAsync(
        string? dataFolder = null, Func<IServiceProvider, ImmutableArray<ITrialExecutor>>? executors = null, IReadOnlyDictionary<string, string?>? settings = null,
        ILoggerFactory? logging = null, string? storage = null)
    {
        ApiHost api = new();
        api.Host = await EmbeddedHost.StartAsync(new()
        {
            DataFolder = dataFolder,
            StorageConnection = storage,
            HttpPort = 0,
            StopGrace = TimeSpan.Zero,
            Logging = logging ?? NullLoggerFactory.Instance,
            Settings = settings ?? ImmutableDictionary<string, string?>.Empty,
            Executors = executors ?? (services => [new FunctionExecutor(services.GetRequiredService<ISegmentEvents>(), api.RunTrialAsync)]),
        });
        api._client.BaseAddress = api.Host.BaseAddress;
        return api;
    }

    /// <summary>Lets all trials end, now and later.</summary>
    public void LetTrialsGo() => _gate.TrySetResult();

    public static JsonObject Document(string? spaceJson = null) => new()
    {
        ["model_config"] = new JsonObject { ["script"] = "train.py", ["model"] = "train" },
        ["search_space"] = JsonNode.Parse(spaceJson ?? """{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}"""),
        ["hpo_config"] = new JsonObject { ["metric"] = "loss", ["mode"] = "min", ["num_trials"] = 6, ["max_concurrent"] = 2, ["scheduler"] = "none" },
    };

    public static byte[] Zip(params (string Name, string Content)[] files)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in files)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Puts the project with its scripts.</summary>
    /// <param name="hpo">What its <c>hpo_config</c> has besides.</param>
    public Task PutProjectAsync(params IEnumerable<KeyValuePair<string, JsonNode?>> hpo) => PutProjectAsync(Project, key: null, hpo);

    /// <summary>Puts a project with its scripts as somebody.</summary>
    public async Task PutProjectAsync(string name, string? key, params IEnumerable<KeyValuePair<string, JsonNode?>> hpo)
    {
        JsonObject document = Document();
        foreach ((string member, JsonNode? value) in hpo)
        {
            document["hpo_config"]![member] = value?.DeepClone();
        }

        Assert.Contains((await SendAsync("PUT", $"projects/{name}", document, key)).Status, (int[])[200, 201]);
        Assert.Equal(200, (await SendAsync("PUT", $"projects/{name}/scripts", Content(Zip(("train.py", "def train(config, reporter): ...")), "application/zip"), key, token: null)).Status);
    }

    /// <summary>Puts the project and starts an experiment.</summary>
    public async Task StartExperimentAsync(string id)
    {
        if ((await SendAsync("GET", $"projects/{Project}")).Status == 404)
        {
            await PutProjectAsync();
        }

        Assert.Equal(202, (await SendAsync("PUT", $"experiments/{id}", new JsonObject { ["project"] = Project })).Status);
    }

    public async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            ApiAnswer answer = await SendAsync("GET", $"experiments/{id}");
            if (holds(answer.Json))
            {
                return answer.Json;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    public Task<JsonElement> UntilStatusAsync(string id, params string[] statuses) =>
        UntilAsync(id, e => statuses.Contains(e.GetProperty("status").GetString()));

    public string Token(string experiment, int trial) => Host.Services.GetRequiredService<TrialTokens>().Issue(experiment, trial);

    public Task<ApiAnswer> SendAsync(string method, string path, JsonNode? body = null, string? key = null, string? token = null) =>
        SendAsync(method, path, body is null ? null : JsonContent.Create(body), key, token);

    public Task<ApiAnswer> SendTextAsync(string method, string path, string body, string type = "application/json", string? token = null) =>
        SendAsync(method, path, new StringContent(body, Encoding.UTF8, type), key: null, token);

    public Task<ApiAnswer> SendBytesAsync(string method, string path, byte[] body, string type, string? token = null, params (string Name, string Value)[] headers)
    {
        ByteArrayContent content = Content(body, type);
        foreach ((string name, string value) in headers)
        {
            content.Headers.Add(name, value);
        }

        return SendAsync(method, path, content, key: null, token);
    }

    /// <summary>Fetches a file as a trial.</summary>
    public async Task<(HttpResponseMessage Answer, byte[] Content)> FetchAsync(string path, string token, string? known = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"/api/{path}");
        request.Headers.Authorization = new("Bearer", token);
        if (known is not null)
        {
            request.Headers.Add("If-None-Match", known);
        }

        HttpResponseMessage response = await _client.SendAsync(request);
        return (response, await response.Content.ReadAsByteArrayAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Host.DisposeAsync();
    }

    /// <summary>Sends a request with headers of any kind.</summary>
    public async Task<ApiAnswer> SendAsAsync(string method, string path, JsonNode? body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new(method), $"/api/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    private static ByteArrayContent Content(byte[] body, string type) => new(body) { Headers = { ContentType = new(type) } };

    private async Task<ApiAnswer> SendAsync(string method, string path, HttpContent? content, string? key, string? token)
    {
        using HttpRequestMessage request = new(new(method), path.StartsWith("http", StringComparison.Ordinal) ? path : $"/api/{path}") { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }
        else if (key != string.Empty)
        {
            request.Headers.Add("x-functions-key", key ?? Key);
        }

        using HttpResponseMessage response = await _client.SendAsync(request);
        return await ApiAnswer.ReadAsync(response);
    }

    private async Task<SegmentOutcome> RunTrialAsync(SegmentWork work, CancellationToken stopping)
    {
        await _gate.Task.WaitAsync(stopping);
        double x = work.Configuration["x"].AsDouble();
        return FunctionExecutor.Completed(work, ("loss", x * x), ("speed", x), ("excess", x - 0.5));
    }
}
