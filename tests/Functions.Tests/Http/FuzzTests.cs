using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Functions.Tests.Access;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Thousands of requests that nobody means well with: the service answers each as its document says, soon, and tells nobody what is not theirs.</summary>
/// <remarks>The seed is fixed: what fails once fails again.</remarks>
public sealed class FuzzTests : IAsyncDisposable
{
    private const string HersAlone = "c0ffee-of-alice";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string[] Traces = ["   at ", "Exception:", "System.", "StackTrace", ".cs:line"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1 }) { Timeout = Patience };
    private readonly List<string> _wrong = [];
    private readonly HashSet<int> _seen = [];
    private readonly UnexpectedErrors _errors = new();
    private ApiHost _api = null!;
    private AzuriteServer? _azurite;

    private async Task InitializeAsync(bool haveWorkers, string? storage = null)
    {
        _api = await ApiHost.StartAsync(
            executors: haveWorkers ? services => [WorkersTests.Site(services, "local")] : null,
            settings: Users.Settings(("Hpo:Visibility", "own"), ("Hpo:Quotas:Users:bob:Experiments", "5")), logging: LoggerFactory.Create(logging => logging.AddProvider(_errors)), storage: storage);
        await _api.PutProjectAsync("hers-project", Users.Alice, KeyValuePair.Create<string, JsonNode?>("warm_start", null));
        await _api.PutProjectAsync("his-project", Users.Bob);
        await _api.PutProjectAsync(ApiHost.Project, Users.Oscar);
        await StartAsync("hers", "hers-project", Users.Alice);
        await StartAsync(HersAlone, "hers-project", Users.Alice);
        await StartAsync("his", "his-project", Users.Bob);
        await StartAsync("seed", ApiHost.Project, Users.Oscar);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(4000, 20260301, false)]
    [InlineData(2500, 20260302, true)]
    public async Task Every_answer_is_one_that_is_documented(int requests, int seed, bool haveWorkers)
    {
        await InitializeAsync(haveWorkers);
        await FuzzAsync(requests, seed, haveWorkers);
    }

    /// <summary>Fewer, because each costs requests of the emulator; what tables, blobs and queues refuse shows all the same.</summary>
    [Fact]
    public async Task Every_answer_is_one_that_is_documented_where_a_storage_account_keeps_all()
    {
        _azurite = await AzuriteServer.StartAsync();
        await InitializeAsync(haveWorkers: true, _azurite.ConnectionString);
        await FuzzAsync(requests: 1500, seed: 20260303, haveWorkers: true);
    }

    private async Task FuzzAsync(int requests, int seed, bool haveWorkers)
    {
        Random random = new(seed);
        Fuzz fuzz = new(random);
        string[] tokens = [_api.Token("hers", 1), _api.Token("his", 1), _api.Token("seed", 2), "x", new string('A', 43), new string('A', 20_000)];
        string[] keys = [Users.Alice, Users.Bob, Users.Rita, Users.Oscar, Users.Farm, Users.Bob, Users.Bob, "wrong", ""];
        for (int number = 0; number < requests; number++)
        {
            Operation operation = Operation.All[random.Next(Operation.All.Length)];
            string known = operation.Path.Contains("experiments", StringComparison.Ordinal) ? fuzz.Pick(["seed", "his", "hers"]) : "parabola";
            string address = operation.Filled(name => fuzz.Part(name, name is "n" or "step" ? "1" : name == "s" ? "0" : known)) + fuzz.Query();
            string key = fuzz.Pick(keys);
            using HttpRequestMessage request = new(new(operation.Method), $"/api/{address}");
            if (fuzz.Body(operation) is var (content, type))
            {
                request.Content = new ByteArrayContent(content);
                if (type is not null)
                {
                    request.Content.Headers.TryAddWithoutValidation("content-type", type);
                }
            }

            if (operation.Role is null && !fuzz.Chance(6))
            {
                request.Headers.TryAddWithoutValidation("x-hpo-token", fuzz.Pick(tokens));
            }
            else if (!fuzz.Chance(12))
            {
                request.Headers.TryAddWithoutValidation("x-functions-key", key);
            }

            if (fuzz.Chance(10))
            {
                request.Headers.TryAddWithoutValidation(fuzz.Pick(["x-hpo-lease", "x-hpo-sha256", "if-none-match", "x-ms-client-principal", "authorization"]), fuzz.Pick(["x.farm", "\"x\"", Users.Principal("1", roles: "operator"), "Bearer x", "é"]));
            }

            await TryAsync($"{number}: {operation.Method} /api/{(address.Length > 200 ? address[..200] : address)}", operation, request, isBob: key == Users.Bob);
        }

        Assert.Superset(new HashSet<int> { 200, 202, 204, 400, 401, 403, 404, 409, 410, 415 }, _seen); // it came further than the door
        Assert.True(_wrong.Count == 0, string.Join("\n", _wrong.Take(40).Concat(_errors.Unexpected.Take(5))));
        await StillWorksAsync(haveWorkers);
    }

    private async Task TryAsync(string what, Operation operation, HttpRequestMessage request, bool isBob)
    {
        try
        {
            request.RequestUri = new(_api.Host.BaseAddress!.GetLeftPart(UriPartial.Authority) + request.RequestUri!.OriginalString, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            using HttpResponseMessage response = await _client.SendAsync(request);
            ApiAnswer answer = await ApiAnswer.ReadAsync(response);
            Check(what, operation, answer, isBob);
        }
        catch (TaskCanceledException)
        {
            _wrong.Add($"{what} hangs");
        }
        catch (HttpRequestException error) when (request.Content is not null)
        {
            _wrong.Add($"{what} broke the connection: {error.Message}");
        }
    }

    private void Check(string what, Operation operation, ApiAnswer answer, bool isBob)
    {
        string text = answer.Text.Length > 500 ? answer.Text[..500] : answer.Text;
        _seen.Add(answer.Status);
        if (answer is { Status: 400 or 414 or 431, ContentType: null, Text: "" })
        {
            return; // the server refused it before the app: no HTTP, or too long
        }

        bool isUnrouted = answer.Status == 405 || (answer.Status == 404 && answer.Text.Contains("nothing has the address", StringComparison.Ordinal));
        if (!isUnrouted && !operation.Statuses.Contains($"{answer.Status}"))
        {
            _wrong.Add($"{what} answered {answer.Status}, which is not documented: {text}");
        }

        if (answer.Status >= 500)
        {
            _wrong.Add($"{what} answered {answer.Status}: {text}");
        }

        if (answer.Status >= 400)
        {
            if (answer.ContentType != "application/problem+json" || answer.Json.GetProperty("status").GetInt32() != answer.Status)
            {
                _wrong.Add($"{what} answered {answer.Status} as {answer.ContentType}: {text}");
            }
        }

        if (Traces.FirstOrDefault(trace => answer.Text.Contains(trace, StringComparison.Ordinal)) is { } trace && operation.Path != "/api/openapi.json")
        {
            _wrong.Add($"{what} shows the inside ({trace}): {text}");
        }

        if (isBob && answer.Text.Contains(HersAlone, StringComparison.Ordinal))
        {
            _wrong.Add($"{what} tells bob what is alice's: {text}");
        }

        if (answer.Headers.Contains("X-Evil"))
        {
            _wrong.Add($"{what} lets a header in");
        }
    }

    private async Task StillWorksAsync(bool haveWorkers)
    {
        JsonElement hers = (await _api.SendAsync("GET", $"experiments/{HersAlone}", key: Users.Alice)).Is(200).Json;
        Assert.Equal("alice", hers.GetProperty("owner").GetString());
        Assert.Equal("hers-project", (await _api.SendAsync("GET", "projects/hers-project", key: Users.Alice)).Is(200).Json.GetProperty("name").GetString());
        await _api.PutProjectAsync("afterwards", Users.Alice);
        (await _api.SendAsync("PUT", "experiments/afterwards", new JsonObject { ["project"] = "afterwards" }, Users.Alice)).Is(202);
        _api.LetTrialsGo();
        await _api.UntilAsync("afterwards", e => haveWorkers ? e.GetProperty("status").GetString() == "Running" : e.GetProperty("status").GetString() == "Succeeded");
    }

    private async Task StartAsync(string id, string project, string key) => (await _api.SendAsync("PUT", $"experiments/{id}", new JsonObject { ["project"] = project }, key)).Is(202);
}
