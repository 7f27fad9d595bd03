using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Programs and people that evaluate trials by themselves.</summary>
public sealed class AskTellTests : IAsyncLifetime
{
    private ApiHost? _api;

    private ApiHost Api => _api!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(executors: services =>
    [
        new WorkerExecutor(new() { Site = "local" }, Rows(services), services.GetRequiredService<ISegmentEvents>(), TimeProvider.System),
        new WorkerExecutor(new() { Site = "desk", IsPassive = true }, Rows(services), services.GetRequiredService<ISegmentEvents>(), TimeProvider.System),
    ]);

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    [Fact]
    public async Task Asked_and_told_an_experiment_runs_to_its_end()
    {
        SchemaCheck check = new((await Api.SendAsync("GET", "openapi.json", key: string.Empty)).Json);
        await Api.PutProjectAsync();
        check.Answer("post", "/api/experiments/{id}/ask", (await Api.SendAsync("POST", "experiments/e/ask")).IsProblem(404));
        await Api.StartExperimentAsync("e");
        HashSet<int> trials = [];
        while (trials.Count < 6)
        {
            ApiAnswer asked = await Api.SendAsync("POST", "experiments/e/ask");
            check.Answer("post", "/api/experiments/{id}/ask", asked.Is(200));
            Assert.True(trials.Add(asked.Json.GetProperty("trial").GetInt32()));
            Assert.Equal(("loss", "min", 0), (asked.Json.GetProperty("metric").GetString(), asked.Json.GetProperty("mode").GetString(), asked.Json.GetProperty("step").GetInt32()));
            double x = asked.Json.GetProperty("configuration").GetProperty("x").GetDouble();
            ApiAnswer told = await TellAsync(asked, new() { ["metrics"] = new JsonObject { ["loss"] = x * x } });
            check.Answer("put", "/api/experiments/{id}/tell", told.Is(200));
            Assert.True(told.Json.GetProperty("over").GetBoolean());
            (await TellAsync(asked, new() { ["metrics"] = new JsonObject { ["loss"] = x * x } })).Is(200); // its answer was lost
            check.Answer("put", "/api/experiments/{id}/tell", (await TellAsync(asked, new() { ["metrics"] = new JsonObject { ["loss"] = -5 } })).IsProblem(410));
        }

        JsonElement end = await Api.UntilStatusAsync("e", "Succeeded");
        Assert.Equal(6, end.GetProperty("trials").GetProperty("completed").GetInt32());
        check.Answer("post", "/api/experiments/{id}/ask", (await Api.SendAsync("POST", "experiments/e/ask")).IsProblem(409));
        Assert.Empty((await Api.SendAsync("GET", "workers")).Json.GetProperty("value").EnumerateArray());
    }

    [Fact]
    public async Task Whoever_asks_again_under_a_name_gets_the_same_trial_and_others_get_others()
    {
        await Api.StartExperimentAsync("e");
        ApiAnswer first = (await AskAsync("ann")).Is(200);
        Assert.Equal(first.Json.GetProperty("lease").GetString(), (await AskAsync("ann")).Json.GetProperty("lease").GetString());
        ApiAnswer second = (await AskAsync("bob")).Is(200);
        Assert.NotEqual(first.Json.GetProperty("trial").GetInt32(), second.Json.GetProperty("trial").GetInt32());
        (await AskAsync("cid", waitS: 0.1)).Is(204); // two at a time
        Assert.Equal(["asking", "asking"], (await Api.SendAsync("GET", "workers")).Json.GetProperty("value").EnumerateArray().Select(w => w.GetProperty("state").GetString()));
        (await TellAsync(first, new() { ["error"] = "ValueError: no such kernel" })).Is(200);
        (await AskAsync("cid")).Is(200);
        JsonElement trial = (await Api.SendAsync("GET", $"experiments/e/trials/{first.Json.GetProperty("trial")}")).Json;
        Assert.Equal(("Failed", "ValueError: no such kernel"), (trial.GetProperty("state").GetString(), trial.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task A_request_that_ends_takes_nothing_from_another_of_the_same_client()
    {
        await Api.StartExperimentAsync("e");
        ApiAnswer first = (await AskAsync("ann")).Is(200);
        (await AskAsync("bob")).Is(200);
        Task<ApiAnswer> waits = AskAsync("cid"); // two at a time
        while ((await WorkersAsync()).Length < 3)
        {
            await Task.Delay(10);
        }

        (await AskAsync("cid", waitS: 0)).Is(204);
        (await TellAsync(first, new() { ["metrics"] = new JsonObject { ["loss"] = 1 } })).Is(200);
        ApiAnswer third = (await waits).Is(200);
        Assert.Equal(third.Json.GetProperty("lease").GetString(), (await AskAsync("cid")).Is(200).Json.GetProperty("lease").GetString());
        (await TellAsync(third, new() { ["metrics"] = new JsonObject { ["loss"] = 1 } })).Is(200);
        Assert.Equal(["bob"], (await WorkersAsync()).Select(worker => worker.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Who_asks_for_one_experiment_is_no_slot_of_another()
    {
        await Api.StartExperimentAsync("other");
        for (int asker = 0; asker < 2; asker++)
        {
            (await Api.SendAsync("POST", "experiments/other/ask")).Is(200);
        }

        await Api.StartExperimentAsync("e");
        (await AskAsync("ann")).Is(200);
        Assert.Equal(1, (await Api.SendAsync("GET", "experiments/e")).Json.GetProperty("trials").GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Told_step_by_step_a_trial_hears_how_to_go_on()
    {
        await Api.PutProjectAsync(JsonNode.Parse("""
            {"num_trials": 4, "max_concurrent": 4, "scheduler": "successive_halving", "scheduler_param": {"min_budget": 1, "max_budget": 2, "reduction_factor": 2, "n_iterations": 1}}
            """)!.AsObject());
        await Api.StartExperimentAsync("e");
        int paused = 0;
        while (true)
        {
            ApiAnswer asked = await Api.SendAsync("POST", "experiments/e/ask");
            if (asked.Status == 409)
            {
                break;
            }

            long? until = asked.Is(200).Json.TryGetProperty("until", out JsonElement step) ? step.GetInt64() : null;
            Assert.NotNull(until);
            ApiAnswer told = await TellAsync(asked, new() { ["metrics"] = new JsonObject { ["loss"] = asked.Json.GetProperty("trial").GetInt32() }, ["step"] = until });
            Assert.True(told.Is(200).Json.GetProperty("over").GetBoolean());
            paused += told.Json.GetProperty("action").GetString() == "pause" ? 1 : 0;
        }

        JsonElement end = await Api.UntilAsync("e", e => e.TryGetProperty("endedAt", out _));
        Assert.True(paused > 0);
        Assert.Equal(1, end.GetProperty("best").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task The_same_told_twice_is_answered_as_the_first_time()
    {
        await Api.PutProjectAsync(JsonNode.Parse("""
            {"num_trials": 4, "max_concurrent": 4, "scheduler": "successive_halving", "scheduler_param": {"min_budget": 1, "max_budget": 2, "reduction_factor": 2, "n_iterations": 1}}
            """)!.AsObject());
        await Api.StartExperimentAsync("e");
        List<(JsonObject Request, string? First)> told = [];
        while (await Api.SendAsync("POST", "experiments/e/ask") is { Status: 200 } asked)
        {
            JsonObject Answer(long step) => new() { ["lease"] = asked.Json.GetProperty("lease").GetString(), ["metrics"] = new JsonObject { ["loss"] = asked.Json.GetProperty("trial").GetInt32() }, ["step"] = step };
            long until = asked.Json.GetProperty("until").GetInt64();
            told.Add((Answer(until), await AnswerAsync(Answer(until))));
            Assert.Equal(told[^1].First, await AnswerAsync(Answer(until)));
            (await TellAsync("e", Answer(until + 7))).IsProblem(410);
        }

        Assert.Contains("pause", told.Select(answer => answer.First));
        await Api.UntilAsync("e", e => e.TryGetProperty("endedAt", out _));
        foreach ((JsonObject request, string? first) in told)
        {
            Assert.Equal(first, await AnswerAsync(request)); // long after
        }

        async Task<string?> AnswerAsync(JsonObject request) => (await TellAsync("e", request.DeepClone().AsObject())).Is(200).Json.GetProperty("action").GetString();
    }

    [Fact]
    public async Task What_a_person_tells_twice_is_taken_once()
    {
        await Api.PutProjectAsync([new("sites", new JsonArray("desk")), new("num_trials", 1)]);
        await Api.StartExperimentAsync("e");
        (await Api.SendAsync("POST", "experiments/e/ask")).Is(200);
        (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["loss"] = 3.5 } })).Is(200);
        await Api.UntilStatusAsync("e", "Succeeded");
        (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["loss"] = 3.5 } })).Is(200);
        Assert.Equal(["trial"], (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["loss"] = 4 } })).IsProblem(400).FaultPaths);
    }

    [Fact]
    public async Task A_person_answers_one_trial_after_another()
    {
        await Api.PutProjectAsync([new("sites", new JsonArray("desk")), new("num_trials", 2)]);
        await Api.StartExperimentAsync("e");
        ApiAnswer asked = (await Api.SendAsync("POST", "experiments/e/ask")).Is(200);
        Assert.False(asked.Json.TryGetProperty("validS", out _));
        Assert.Equal(asked.Json.GetProperty("lease").GetString(), (await Api.SendAsync("POST", "experiments/e/ask")).Json.GetProperty("lease").GetString());
        Assert.Equal(["metrics"], (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["speed"] = 1 } })).IsProblem(400).FaultPaths);
        (await TellAsync("e", new() { ["trial"] = 7, ["metrics"] = new JsonObject { ["loss"] = 1 } })).IsProblem(404);
        (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["loss"] = 3.5 } })).Is(200);
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("total").GetInt32() == 2);
        (await Api.SendAsync("POST", "experiments/e/ask")).Is(200);
        (await TellAsync("e", new() { ["trial"] = 2, ["error"] = "it broke" })).Is(200);

        JsonElement end = await Api.UntilStatusAsync("e", "Succeeded");
        Assert.Equal((3.5, 1), (end.GetProperty("best").GetProperty("value").GetDouble(), end.GetProperty("trials").GetProperty("failed").GetInt32()));
    }

    [Fact]
    public async Task What_cannot_be_meant_is_refused()
    {
        await Api.StartExperimentAsync("e");
        Assert.Equal(["client", "waitS"], (await Api.SendAsync("POST", "experiments/e/ask", new JsonObject { ["client"] = "a b", ["waitS"] = 99 })).IsProblem(400).FaultPaths);
        (await Api.SendAsync("POST", "experiments/e/ask", new JsonObject { ["site"] = "desk" })).IsProblem(409);
        (await Api.SendAsync("POST", "experiments/e/ask", key: "wrong")).IsProblem(401);
        Assert.Equal(["metrics"], (await TellAsync("e", [])).IsProblem(400).FaultPaths);
        Assert.Equal(["error"], (await TellAsync("e", new() { ["metrics"] = new JsonObject { ["loss"] = 1 }, ["error"] = "both" })).IsProblem(400).FaultPaths);
        Assert.Equal(["lease"], (await TellAsync("e", new() { ["trial"] = 1, ["metrics"] = new JsonObject { ["loss"] = 1 } })).IsProblem(400).FaultPaths);
        (await TellAsync("e", new() { ["lease"] = "no such lease", ["metrics"] = new JsonObject { ["loss"] = 1 } })).IsProblem(410);
    }

    private static IRowStore Rows(IServiceProvider services) => services.GetRequiredService<StoreSet>().Rows;

    private async Task<JsonElement[]> WorkersAsync() => [.. (await Api.SendAsync("GET", "workers")).Json.GetProperty("value").EnumerateArray()];

    private Task<ApiAnswer> AskAsync(string client, double waitS = 20) =>
        Api.SendAsync("POST", "experiments/e/ask", new JsonObject { ["client"] = client, ["waitS"] = waitS });

    private Task<ApiAnswer> TellAsync(ApiAnswer asked, JsonObject what)
    {
        what["trial"] = asked.Json.GetProperty("trial").GetInt32();
        what["lease"] = asked.Json.GetProperty("lease").GetString();
        return TellAsync("e", what);
    }

    private Task<ApiAnswer> TellAsync(string experiment, JsonObject what) => Api.SendAsync("PUT", $"experiments/{experiment}/tell", what);
}
