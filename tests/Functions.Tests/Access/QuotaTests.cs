using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Users get what they may have, and not more.</summary>
public sealed class QuotaTests : IAsyncLifetime
{
    private static readonly JsonObject Sites = JsonNode.Parse("""{"sites": [{"name": "local", "cost_per_hour": 2}]}""")!.AsObject();
    private const string Dora = "dora-0123456789-0123456789-0123456789";
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(settings: Users.Settings(
            ("Hpo:Quotas:Experiments", "3"), ("Hpo:Quotas:Trials", "5"), ("Hpo:Prices:local", "1.5"), ("Hpo:Quotas:Users:bob:Experiments", "1"), ("Hpo:Quotas:Users:bob:Trials", "100"), ("Hpo:Quotas:Users:dora:Cost", "10"), ("Hpo:Keys:dora", $"submitter:{Dora}")));
        await _api.PutProjectAsync("p", Users.Oscar);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Of_many_starts_at_the_same_time_as_many_pass_as_may()
    {
        ApiAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => StartAsync($"e-{number}", Users.Alice, maxConcurrent: 1)));

        Assert.Equal(3, answers.Count(answer => answer.Status == 202));
        ApiAnswer refused = answers.First(answer => answer.Status != 202).IsProblem(429);
        Assert.Equal("urn:hpo-serverless:quota-exceeded", refused.Json.GetProperty("type").GetString());
        JsonElement fault = Assert.Single(refused.Json.GetProperty("errors").EnumerateArray());
        Assert.Equal(("quotas.experiments", "4"), (fault.GetProperty("path").GetString(), fault.GetProperty("value").GetString()));
        Assert.Contains("at most 3", fault.GetProperty("rule").GetString());
        Assert.Equal(3, (await _api.SendAsync("GET", "experiments", key: Users.Oscar)).Json.GetProperty("value").GetArrayLength());
    }

    [Fact]
    public async Task What_has_ended_makes_room_and_what_exists_counts_once()
    {
        (await StartAsync("one", Users.Bob)).Is(202);
        (await StartAsync("one", Users.Bob)).Is(200);
        (await StartAsync("two", Users.Bob)).IsProblem(429);
        (await StartAsync("two", Users.Alice)).Is(202);
        (await _api.SendAsync("POST", "experiments/one/stop", key: Users.Bob)).Is(202);
        await _api.UntilAsync("one", e => e.GetProperty("status").GetString() is "Stopped");

        (await StartAsync("three", Users.Bob)).Is(202);
    }

    [Fact]
    public async Task Trials_at_once_count_together()
    {
        (await StartAsync("one", Users.Alice, maxConcurrent: 4)).Is(202);
        ApiAnswer refused = (await StartAsync("two", Users.Alice, maxConcurrent: 2)).IsProblem(429);
        Assert.Equal(["quotas.trials"], refused.FaultPaths);
        (await StartAsync("two", Users.Alice, maxConcurrent: 1)).Is(202);
    }

    [Fact]
    public async Task Costs_are_reserved_by_what_an_experiment_says()
    {
        await _api.PutProjectAsync("cheap", Dora, JsonNode.Parse("""{"sites": [{"name": "local", "cost_per_hour": 1.4}]}""")!.AsObject());
        Assert.Equal(["hpo_config.sites"], (await StartAsync("a", Dora, "cheap")).IsProblem(400).FaultPaths);
        Assert.Equal(["hpo_config.sites"], (await StartAsync("a", Dora)).IsProblem(400).FaultPaths);
        await PutCostAsync("dear", null);
        Assert.Equal(["hpo_config.max_cost"], (await StartAsync("a", Dora, "dear")).IsProblem(400).FaultPaths);
        await PutCostAsync("dear", 7);
        (await StartAsync("a", Dora, "dear", 1)).Is(202);
        Assert.Equal(["quotas.cost"], (await StartAsync("b", Dora, "dear", 1)).IsProblem(429).FaultPaths);
        await PutCostAsync("dear", 3);
        (await StartAsync("b", Dora, "dear", 1)).Is(202);

        JsonElement me = (await _api.SendAsync("GET", "me", key: Dora)).Is(200).Json;
        Assert.Equal(10, me.GetProperty("use").GetProperty("cost").GetDouble());
        _api.LetTrialsGo();
        await _api.UntilStatusAsync("a", "Succeeded");
        await _api.UntilStatusAsync("b", "Succeeded");
        me = (await _api.SendAsync("GET", "me", key: Dora)).Json;
        Assert.Equal(0, me.GetProperty("use").GetProperty("experiments").GetInt32());
        Assert.InRange(me.GetProperty("use").GetProperty("cost").GetDouble(), 0, 1); // what they did cost, not what they might have
    }

    [Fact]
    public async Task Operators_have_no_quota_unless_it_names_them()
    {
        for (int number = 0; number < 5; number++)
        {
            (await StartAsync($"e-{number}", Users.Oscar)).Is(202);
        }

        JsonElement me = (await _api.SendAsync("GET", "me", key: Users.Oscar)).Is(200).Json;
        Assert.Equal(["operator"], me.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.Equal(JsonValueKind.Null, me.TryGetProperty("use", out JsonElement use) ? use.ValueKind : JsonValueKind.Null);
        JsonElement bob = (await _api.SendAsync("GET", "me", key: Users.Bob)).Is(200).Json.GetProperty("quotas");
        Assert.Equal((1, 100), (bob.GetProperty("experiments").GetInt32(), bob.GetProperty("trials").GetInt32()));
        Assert.True(!bob.TryGetProperty("cost", out JsonElement cost) || cost.ValueKind == JsonValueKind.Null);
    }

    private Task PutCostAsync(string name, double? most)
    {
        JsonObject config = Sites.DeepClone().AsObject();
        if (most is not null)
        {
            config["max_cost"] = most;
        }

        return _api.PutProjectAsync(name, Dora, config);
    }

    private Task<ApiAnswer> StartAsync(string id, string key, string project = "p", int maxConcurrent = 2) =>
        _api.SendAsync("PUT", $"experiments/{id}", new JsonObject { ["project"] = project, ["maxConcurrent"] = maxConcurrent }, key);
}
