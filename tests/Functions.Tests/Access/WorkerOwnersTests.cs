using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Functions.Tests.Http;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Each worker belongs to whoever registered it.</summary>
public sealed class WorkerOwnersTests : IAsyncLifetime
{
    private const string Barn = "barn-0123456789-0123456789-0123456789";

    private readonly SchemaCheck _check = new(Operation.Document);
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(
            executors: services => [WorkersTests.Site(services, "local"), WorkersTests.Site(services, "farm")],
            settings: Users.Settings(("Hpo:Keys:barn", $"worker:{Barn}")));
        await _api.PutProjectAsync("p", Users.Alice);
        (await _api.SendAsync("PUT", "experiments/e", new JsonObject { ["project"] = "p" }, Users.Alice)).Is(202);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Under_the_id_of_a_worker_others_do_nothing()
    {
        (await RegisterAsync("w", Users.Farm)).Is(200);
        string lease = await LeaseAsync("w", Users.Farm);
        foreach (string other in (string[])[Barn, Users.Oscar])
        {
            foreach (string site in (string[])["local", "farm"])
            {
                ApiAnswer taken = (await RegisterAsync("w", other, site)).IsProblem(409);
                Assert.Contains("'w'", taken.Json.GetProperty("detail").GetString());
            }

            _check.Answer("post", "/api/workers/{worker}/heartbeat", (await HeldAsync("heartbeat", other, lease)).IsProblem(409));
            _check.Answer("post", "/api/workers/{worker}/lease", (await HeldAsync("lease", other)).IsProblem(409));
            _check.Answer("post", "/api/workers/{worker}/return", (await ReturnAsync("w", other, lease)).IsProblem(409));
        }

        _check.Answer("delete", "/api/workers/{worker}", (await _api.SendAsync("DELETE", "workers/w", key: Barn)).IsProblem(409));
        JsonElement listed = Assert.Single((await _api.SendAsync("GET", "workers", key: Users.Oscar)).Is(200).Json.GetProperty("value").EnumerateArray());
        Assert.Equal(("farm", "busy"), (listed.GetProperty("owner").GetString(), listed.GetProperty("state").GetString()));
        Assert.Empty((await HeldAsync("heartbeat", Users.Farm, lease)).Is(200).Json.GetProperty("gone").EnumerateArray());
        (await ReturnAsync("w", Users.Farm, lease)).Is(204);
    }

    [Fact]
    public async Task A_lease_is_returned_by_its_worker_alone()
    {
        (await RegisterAsync("w", Users.Farm)).Is(200);
        (await RegisterAsync("v", Barn)).Is(200);
        string lease = await LeaseAsync("w", Users.Farm);
        (await ReturnAsync("v", Barn, lease)).IsProblem(410);
        (await ReturnAsync("w", Users.Farm, lease)).Is(204);
    }

    [Fact]
    public async Task An_operator_removes_any_worker_and_then_its_id_is_free()
    {
        (await RegisterAsync("w", Users.Farm)).Is(200);
        (await _api.SendAsync("POST", "workers/w/drain", key: Users.Oscar)).Is(204);
        (await _api.SendAsync("DELETE", "workers/w", key: Users.Oscar)).Is(204);
        (await HeldAsync("heartbeat", Users.Farm)).IsProblem(410);
        (await RegisterAsync("w", Barn)).Is(200);
        (await RegisterAsync("w", Users.Farm)).IsProblem(409);
    }

    [Fact]
    public async Task Whoever_asks_for_a_trial_is_no_worker_of_anybody()
    {
        Assert.Equal(["worker"], (await RegisterAsync("ask-ann.e", Users.Farm)).IsProblem(400).FaultPaths);
        JsonElement asked = (await _api.SendAsync("POST", "experiments/e/ask", new JsonObject { ["client"] = "ann", ["site"] = "local", ["waitS"] = 20 }, Users.Alice)).Is(200).Json;
        (await _api.SendAsync("POST", "workers/ask-ann.e/lease", new JsonObject(), Users.Farm)).IsProblem(409);
        (await _api.SendAsync("DELETE", "workers/ask-ann.e", key: Users.Farm)).IsProblem(409);
        JsonObject told = new() { ["trial"] = asked.GetProperty("trial").GetInt32(), ["lease"] = asked.GetProperty("lease").GetString(), ["metrics"] = new JsonObject { ["loss"] = 1 } };
        (await _api.SendAsync("PUT", "experiments/e/tell", told, Users.Oscar)).Is(200);
    }

    private Task<ApiAnswer> RegisterAsync(string worker, string key, string site = "local") =>
        _api.SendAsync("PUT", $"workers/{worker}", new JsonObject { ["site"] = site }, key);

    private Task<ApiAnswer> HeldAsync(string request, string key, params string[] leases) =>
        _api.SendAsync("POST", $"workers/w/{request}", new JsonObject { ["leases"] = new JsonArray([.. leases.Select(lease => JsonValue.Create(lease))]) }, key);

    private Task<ApiAnswer> ReturnAsync(string worker, string key, string lease) =>
        _api.SendAsync("POST", $"workers/{worker}/return", new JsonObject { ["lease"] = lease }, key);

    private async Task<string> LeaseAsync(string worker, string key)
    {
        JsonElement leased = (await _api.SendAsync("POST", $"workers/{worker}/lease", new JsonObject { ["waitS"] = 20 }, key)).Is(200).Json;
        return Assert.Single(leased.GetProperty("leases").EnumerateArray()).GetProperty("lease").GetString()!;
    }
}
