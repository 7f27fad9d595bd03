using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Workers at the HTTP API, played by the tests.</summary>
public sealed class WorkersTests : IAsyncLifetime
{
    private ApiHost? _api;

    private ApiHost Api => _api!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(executors: services => [Site(services, "local"), Site(services, "farm")]);
        await Api.PutProjectAsync();
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    [Fact]
    public async Task A_worker_registers_leases_tells_and_leaves()
    {
        SchemaCheck check = new((await Api.SendAsync("GET", "openapi.json", key: string.Empty)).Json);
        await Api.StartExperimentAsync("e");
        ApiAnswer registered = await RegisterAsync("w", new JsonObject { ["site"] = "local", ["slots"] = 2, ["name"] = "ant", ["host"] = "hill", ["pid"] = 7, ["labels"] = new JsonArray("gpu") });
        check.Answer("put", "/api/workers/{worker}", registered.Is(200));

        for (int done = 0; done < 6;)
        {
            ApiAnswer answer = await LeaseAsync("w", count: 2, waitS: 20);
            check.Answer("post", "/api/workers/{worker}/lease", answer.Is(200));
            foreach (JsonElement lease in answer.Json.GetProperty("leases").EnumerateArray())
            {
                check.Answer("get", "/api/workers", (await Api.SendAsync("GET", "workers")).Is(200));
                (await OutcomeAsync(lease, ("loss", 0.5))).Is(204);
                done++;
            }
        }

        JsonElement end = await Api.UntilStatusAsync("e", "Succeeded");
        Assert.Equal(6, end.GetProperty("trials").GetProperty("completed").GetInt32());
        check.Answer("post", "/api/workers/{worker}/heartbeat", (await Api.SendAsync("POST", "workers/w/heartbeat", new JsonObject { ["leases"] = new JsonArray("gone.local") })).Is(200));
        JsonElement worker = Assert.Single((await Api.SendAsync("GET", "workers")).Json.GetProperty("value").EnumerateArray());
        Assert.Equal(("ant", "hill", "idle", 2), (worker.GetProperty("name").GetString(), worker.GetProperty("host").GetString(), worker.GetProperty("state").GetString(), worker.GetProperty("slots").GetInt32()));
        (await Api.SendAsync("POST", "workers/w/drain")).Is(204);
        Assert.True((await LeaseAsync("w")).Json.GetProperty("draining").GetBoolean());
        (await Api.SendAsync("DELETE", "workers/w")).Is(204);
        (await Api.SendAsync("DELETE", "workers/w")).Is(204);
        check.Answer("post", "/api/workers/{worker}/lease", (await LeaseAsync("w")).IsProblem(410));
        check.Answer("post", "/api/workers/{worker}/drain", (await Api.SendAsync("POST", "workers/w/drain")).IsProblem(404));
    }

    [Fact]
    public async Task Everything_of_a_lease_that_is_over_is_refused_and_changes_nothing()
    {
        await Api.StartExperimentAsync("e");
        await RegisterAsync("w", new() { ["site"] = "local" });
        JsonElement lost = await OneLeaseAsync("w");
        string path = $"experiments/e/trials/{lost.GetProperty("trial").GetInt32()}";
        (await WithLeaseAsync(lost, "GET", $"{path}/segments/0/work")).Is(200);
        (await Api.SendAsync("POST", "workers/w/return", new JsonObject { ["lease"] = lost.GetProperty("lease").GetString() })).Is(204);
        (await Api.SendAsync("POST", "workers/w/return", new JsonObject { ["lease"] = lost.GetProperty("lease").GetString() })).IsProblem(410);

        (await WithLeaseAsync(lost, "GET", $"{path}/segments/0/work")).IsProblem(410);
        (await WithLeaseAsync(lost, "GET", $"{path}/segments/0/directive")).IsProblem(410);
        (await WithLeaseAsync(lost, "PUT", $"{path}/segments/0/log", "text")).IsProblem(410);
        (await WithLeaseAsync(lost, "POST", $"{path}/reports", """{"segment": 0, "reports": [{"step": 1, "metrics": {"loss": -5}}]}""")).IsProblem(410);
        foreach (bool isLeasedAgain in (bool[])[false, true])
        {
            if (isLeasedAgain)
            {
                await OneLeaseAsync("w");
            }

            (await WithLeaseAsync(lost, "GET", $"{path}/segments/0/work", withLease: false)).IsProblem(410);
            (await WithLeaseAsync(lost, "PUT", $"{path}/segments/0/log", "text", withLease: false)).IsProblem(410);
            (await WithLeaseAsync(lost, "POST", $"{path}/reports", """{"segment": 0, "reports": [{"step": 1, "metrics": {"loss": -5}}]}""", withLease: false)).IsProblem(410);
        }

        (await Api.SendAsync("DELETE", "workers/w")).Is(204);
        (await OutcomeAsync(lost, ("loss", -5))).IsProblem(410);
        (await OutcomeAsync(lost, withLease: false, ("loss", -5))).IsProblem(409);

        await RegisterAsync("other", new() { ["site"] = "local", ["slots"] = 4 });
        for (int done = 0; done < 6;)
        {
            foreach (JsonElement lease in (await LeaseAsync("other", count: 4, waitS: 20)).Json.GetProperty("leases").EnumerateArray())
            {
                Assert.NotEqual(lost.GetProperty("lease").GetString(), lease.GetProperty("lease").GetString());
                (await OutcomeAsync(lease, ("loss", 1))).Is(204);
                done++;
            }
        }

        JsonElement end = await Api.UntilStatusAsync("e", "Succeeded");
        Assert.Equal(1, end.GetProperty("best").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_segment_that_a_worker_could_not_run_is_run_again_and_then_fails()
    {
        await Api.PutProjectAsync([new("num_trials", 1)]);
        await Api.StartExperimentAsync("e");
        await RegisterAsync("w", new() { ["site"] = "local" });
        for (int attempt = 0; attempt < 4; attempt++)
        {
            JsonElement lease = await OneLeaseAsync("w");
            Assert.Equal(attempt, lease.GetProperty("attempt").GetInt32());
            (await Api.SendAsync("POST", "workers/w/return", new JsonObject { ["lease"] = lease.GetProperty("lease").GetString(), ["error"] = "the disk is full" })).Is(204);
        }

        await Api.UntilStatusAsync("e", "Failed");
        JsonElement trial = (await Api.SendAsync("GET", "experiments/e/trials/1")).Json;
        Assert.Equal("the disk is full", trial.GetProperty("error").GetString());
        Assert.Equal(4, trial.GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task A_worker_for_one_experiment_hears_that_it_has_ended()
    {
        (await RegisterAsync("w", new() { ["site"] = "local", ["experiment"] = "e" })).IsProblem(404);
        await Api.StartExperimentAsync("e");
        (await RegisterAsync("w", new() { ["site"] = "farm", ["experiment"] = "e" })).IsProblem(409);
        (await RegisterAsync("w", new() { ["site"] = "local", ["experiment"] = "e" })).Is(200);
        JsonElement leased = (await LeaseAsync("w", held: [])).Json;
        Assert.False(leased.GetProperty("ended").GetBoolean());
        foreach (JsonElement lease in leased.GetProperty("leases").EnumerateArray())
        {
            (await Api.SendAsync("POST", "workers/w/return", new JsonObject { ["lease"] = lease.GetProperty("lease").GetString() })).Is(204);
        }

        (await Api.SendAsync("POST", "experiments/e/stop")).Is(202);
        await Api.UntilAsync("e", e => e.TryGetProperty("endedAt", out _));
        Assert.True((await LeaseAsync("w")).Json.GetProperty("ended").GetBoolean());
        (await RegisterAsync("w2", new() { ["site"] = "local", ["experiment"] = "e" })).IsProblem(409);
    }

    [Fact]
    public async Task What_is_wrong_is_said_all_at_once()
    {
        Assert.Equal(["slots", "labels", "what"], (await RegisterAsync("w", new() { ["slots"] = 0, ["labels"] = 3, ["what"] = 1 })).IsProblem(400).FaultPaths);
        Assert.Equal(
            ["name", "host", "labels"],
            (await RegisterAsync("w", new() { ["site"] = "farm", ["name"] = "a\u001b[31m", ["host"] = "h\n", ["labels"] = new JsonArray("x\u0085") })).IsProblem(400).FaultPaths);
        Assert.Equal(["site"], (await RegisterAsync("w", [])).IsProblem(400).FaultPaths);
        Assert.Equal(["site"], (await RegisterAsync("w", new() { ["site"] = "moon" })).IsProblem(400).FaultPaths);
        Assert.Equal(["worker"], (await RegisterAsync(new string('w', 101), new() { ["site"] = "farm" })).IsProblem(400).FaultPaths);
        Assert.Equal(["waitS", "count"], (await Api.SendAsync("POST", "workers/w/lease", new JsonObject { ["count"] = 0, ["waitS"] = 31 })).IsProblem(400).FaultPaths.Reverse());
        (await Api.SendAsync("PUT", "workers/w", new JsonObject { ["site"] = "farm" }, key: "wrong")).IsProblem(401);
        (await Api.SendAsync("GET", "workers", key: "wrong")).IsProblem(401);
    }

    internal static WorkerExecutor Site(IServiceProvider services, string name) => new WorkerExecutor(
        new() { Site = name, PollEvery = TimeSpan.FromSeconds(0.2) }, services.GetRequiredService<StoreSet>().Rows, services.GetRequiredService<ISegmentEvents>(), TimeProvider.System);

    private Task<ApiAnswer> RegisterAsync(string worker, JsonObject body) => Api.SendAsync("PUT", $"workers/{worker}", body);

    private Task<ApiAnswer> LeaseAsync(string worker, int count = 1, double waitS = 0, string[]? held = null) => Api.SendAsync(
        "POST", $"workers/{worker}/lease", new JsonObject { ["count"] = count, ["waitS"] = waitS, ["leases"] = new JsonArray([.. (held ?? []).Select(lease => JsonValue.Create(lease))]) });

    private async Task<JsonElement> OneLeaseAsync(string worker)
    {
        while (true)
        {
            ImmutableArray<JsonElement> leases = [.. (await LeaseAsync(worker, waitS: 20)).Is(200).Json.GetProperty("leases").EnumerateArray()];
            if (!leases.IsEmpty)
            {
                return Assert.Single(leases);
            }
        }
    }

    private Task<ApiAnswer> OutcomeAsync(JsonElement lease, params (string Name, double Value)[] metrics) => OutcomeAsync(lease, withLease: true, metrics);

    private Task<ApiAnswer> OutcomeAsync(JsonElement lease, bool withLease, params (string Name, double Value)[] metrics)
    {
        JsonObject body = new()
        {
            ["segment"] = lease.GetProperty("segment").GetInt32(),
            ["status"] = "completed",
            ["reports"] = new JsonArray(new JsonObject { ["step"] = 1, ["metrics"] = new JsonObject(metrics.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value))) }),
        };
        return WithLeaseAsync(lease, "PUT", $"experiments/{lease.GetProperty("experiment")}/trials/{lease.GetProperty("trial")}/outcome", body.ToJsonString(), withLease);
    }

    private Task<ApiAnswer> WithLeaseAsync(JsonElement lease, string method, string path, string? body = null, bool withLease = true) => Api.SendBytesAsync(
        method,
        path,
        System.Text.Encoding.UTF8.GetBytes(body ?? string.Empty),
        "application/json",
        lease.GetProperty("token").GetString(),
        withLease ? [("x-hpo-lease", lease.GetProperty("lease").GetString()!)] : []);
}
