using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>What runs a segment elsewhere gets and gives by HTTP.</summary>
public sealed class TrialSegmentsTests : ApiTest
{
    private const string Segment = "experiments/e/trials/1/segments/0";

    private static readonly byte[] State = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    private StoreSet Stores => Api.Host.Services.GetRequiredService<StoreSet>();

    private string Token => Api.Token("e", 1);

    /// <summary>All that a token opens: method, path below the trial, and a body that is right.</summary>
    public static TheoryData<string, string> Doors => new()
    {
        { "GET", "segments/0/work" },
        { "GET", "segments/0/directive" },
        { "GET", "segments/0/log" },
        { "PUT", "segments/0/log" },
        { "POST", "segments/0/restored" },
        { "PUT", "segments/0/checkpoints/3" },
        { "GET", "checkpoints/3" },
        { "GET", "scripts" },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Token_opens_its_own_trial_only(string method, string path)
    {
        await StartAsync();
        string own = $"experiments/e/trials/1/{path}";

        ApiAnswer wrong = (await Api.SendAsync(method, own, token: Api.Token("e", 2))).IsProblem(401);
        (await Api.SendAsync(method, $"experiments/e/trials/2/{path}", token: Token)).IsProblem(401);
        (await Api.SendAsync(method, $"experiments/other/trials/1/{path}", token: Token)).IsProblem(401);
        (await Api.SendAsync(method, own, token: "rubbish")).IsProblem(401);
        (await Api.SendAsync(method, own, key: string.Empty)).IsProblem(401);
        (await Api.SendAsync(method, own, key: Api.Host.Keys.Master)).IsProblem(401);
        ApiAnswer unknown = (await Api.SendAsync(method, $"experiments/e/trials/99/{path}", token: Token)).IsProblem(401);
        Assert.Equal(wrong.Json.GetProperty("detail").GetString(), unknown.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Work_is_what_the_harness_runs()
    {
        await StartAsync(JsonNode.Parse("""{"stop": {"training_iteration": 9}, "checkpoint": {"every": 2}}""")!.AsObject());

        ApiAnswer answer = (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Is(200);

        new SchemaCheck((await Api.SendAsync("GET", "openapi.json", key: string.Empty)).Json).Answer("get", "/api/experiments/{id}/trials/{n}/segments/{s}/work", answer);
        JsonElement work = answer.Json;
        Assert.Equal(("run", 1, 0, 0), (Text(work, "op"), work.GetProperty("trial").GetInt32(), work.GetProperty("segment").GetInt32(), work.GetProperty("attempt").GetInt32()));
        Assert.Equal(("python", "train.py", "train"), (Text(work.GetProperty("program"), "kind"), Text(work.GetProperty("program"), "script"), Text(work.GetProperty("program"), "model")));
        Assert.Equal(("loss", "min"), (Text(work, "metric"), Text(work, "mode")));
        Assert.Equal(9, work.GetProperty("stop").GetProperty("training_iteration").GetDouble());
        Assert.Equal(2, work.GetProperty("checkpoint").GetProperty("every").GetInt32());
        Assert.Equal(1L << 30, work.GetProperty("checkpoint").GetProperty("max_bytes").GetInt64());
        Assert.InRange(work.GetProperty("config").GetProperty("x").GetDouble(), -1, 1);
        Assert.Empty(work.GetProperty("candidates").EnumerateArray());
        Assert.False(work.TryGetProperty("interrupt", out _));
    }

    [Fact]
    public async Task Who_fetches_its_work_costs_from_now_on()
    {
        await StartAsync(JsonNode.Parse("""{"sites": [{"name": "local", "cost_per_hour": 1}], "max_cost": 100}""")!.AsObject());
        Assert.Null((await TrialAsync()).BegunAt);

        (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Is(200);

        while ((await TrialAsync()).BegunAt is null)
        {
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task Nobody_waits_for_a_segment_that_is_over_or_never_was()
    {
        await StartAsync();

        (await Api.SendAsync("GET", "experiments/e/trials/1/segments/1/work", token: Token)).IsProblem(410);
        (await Api.SendAsync("GET", "experiments/e/trials/1/segments/-1/work", token: Token)).IsProblem(410);
        (await Api.SendAsync("GET", "experiments/e/trials/99/segments/0/work", token: Api.Token("e", 99))).IsProblem(404);
        (await Api.SendAsync("PUT", "experiments/e/trials/1/outcome", new JsonObject { ["segment"] = 0, ["status"] = "failed", ["error"] = "no" }, token: Token)).Is(204);
        (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).IsProblem(410);
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("failed").GetInt32() == 1);
        (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).IsProblem(410);
        (await Api.SendAsync("GET", $"{Segment}/directive", token: Token)).IsProblem(410);
        (await PutCheckpointAsync(3, State)).IsProblem(410);
        (await Api.SendAsync("POST", $"{Segment}/restored", Restored(0, 0, "x"), token: Token)).IsProblem(410);
    }

    [Fact]
    public async Task Checkpoint_comes_back_as_it_went_and_is_offered_to_the_next_attempt()
    {
        await StartAsync();

        (await PutCheckpointAsync(3, State)).Is(204);
        (await PutCheckpointAsync(3, State)).Is(204);
        (await PutCheckpointAsync(5, State[..10])).Is(204);
        byte[] back = (await Api.FetchAsync("experiments/e/trials/1/checkpoints/3", Token)).Content;

        Assert.Equal(State, back);
        JsonElement[] candidates = [.. (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Json.GetProperty("candidates").EnumerateArray()];
        Assert.Equal([(5, 10), (3, State.Length)], candidates.Select(c => (c.GetProperty("step").GetInt32(), c.GetProperty("bytes").GetInt32())));
        Assert.Equal(Sha256(State), Text(candidates[1], "sha256"));
        (await Api.SendAsync("GET", "experiments/e/trials/1/checkpoints/4", token: Token)).IsProblem(404);
        (await Api.SendAsync("GET", $"experiments/e/trials/1/checkpoints/3?sha256={new string('0', 64)}", token: Token)).IsProblem(404);
    }

    [Fact]
    public async Task Checkpoint_that_comes_late_drops_no_newer_one()
    {
        await StartAsync();
        (await PutCheckpointAsync(3, State)).Is(204);
        (await PutCheckpointAsync(5, State[..10])).Is(204);
        await FoldAsync(1);

        (await PutCheckpointAsync(3, State)).Is(204);
        (await PutCheckpointAsync(4, State[..20])).Is(204);
        await FoldAsync(2);

        Assert.Equal(5, (await TrialAsync()).Checkpoints[^1].Step);
    }

    [Fact]
    public async Task Attempt_that_goes_back_makes_room_for_its_checkpoints()
    {
        await StartAsync();
        (await PutCheckpointAsync(3, State)).Is(204);
        (await PutCheckpointAsync(5, State[..10])).Is(204);
        await FoldAsync(1);

        (await Api.SendAsync("POST", $"{Segment}/restored", Restored(1, 3, "the checkpoint at step 5 is missing"), token: Token)).Is(204);
        (await PutCheckpointAsync(4, State[..20])).Is(204);
        await FoldAsync(2);

        Assert.Equal([3, 4], (await TrialAsync()).Checkpoints.Select(c => c.Step));
    }

    [Fact]
    public async Task Beginning_is_noted_once_however_often_it_is_told()
    {
        await StartAsync();

        for (int time = 1; time <= 3; time++)
        {
            (await Api.SendAsync("POST", $"{Segment}/restored", Restored(1, 0, "it starts from the beginning"), token: Token)).Is(204);
            await FoldAsync(time);
        }

        Assert.Single((await TrialAsync()).Notes, note => note.Reason == "it starts from the beginning");
        Assert.Equal(1, (await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Json.GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task Checkpoint_that_is_not_what_its_checksum_says_is_not_kept()
    {
        await StartAsync();

        ApiAnswer damaged = (await PutCheckpointAsync(3, State, Sha256([1]))).IsProblem(400);
        ApiAnswer unnamed = (await Api.SendBytesAsync("PUT", $"{Segment}/checkpoints/x", State, "application/octet-stream", Token)).IsProblem(400);

        Assert.Equal(["body"], damaged.FaultPaths);
        Assert.Equal(["step", "x-hpo-sha256"], unnamed.FaultPaths.Order());
        Assert.Empty((await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Json.GetProperty("candidates").EnumerateArray());
        (await Api.SendAsync("GET", "experiments/e/trials/1/checkpoints/3", token: Token)).IsProblem(404);
    }

    [Fact]
    public async Task Restored_with_faults_lists_all()
    {
        await StartAsync();

        ApiAnswer answer = await Api.SendTextAsync("POST", $"{Segment}/restored", """{"attempt": -1, "text": 7, "more": 1}""", token: Token);

        Assert.Equal(["attempt", "more", "step", "text"], answer.IsProblem(400).FaultPaths.Order());
    }

    [Fact]
    public async Task Scripts_are_named_by_their_content()
    {
        await StartAsync();
        string name = Text((await Api.SendAsync("GET", $"{Segment}/work", token: Token)).Json.GetProperty("program"), "scripts")!;

        (HttpResponseMessage answer, byte[] zip) = await Api.FetchAsync("experiments/e/trials/1/scripts", Token);
        (HttpResponseMessage again, _) = await Api.FetchAsync("experiments/e/trials/1/scripts", Token, known: answer.Headers.ETag!.Tag);

        Assert.Equal($"\"{name}\"", answer.Headers.ETag.Tag);
        Assert.Equal(name, $"scripts/{Sha256(zip)}.zip");
        Assert.Equal(304, (int)again.StatusCode);
    }

    [Fact]
    public async Task Log_is_kept_whole_and_people_read_it()
    {
        await StartAsync();
        (await Api.SendAsync("GET", "experiments/e/trials/1/log")).IsProblem(404);

        (await Api.SendTextAsync("PUT", $"{Segment}/log", "one\n", "text/plain", Token)).Is(204);
        (await Api.SendTextAsync("PUT", $"{Segment}/log", "one\ntwo ü\n", "text/plain", Token)).Is(204);

        Assert.Equal("one\ntwo ü\n", (await Api.SendAsync("GET", "experiments/e/trials/1/log")).Is(200).Text);
        Assert.Equal("one\ntwo ü\n", (await Api.SendAsync("GET", $"{Segment}/log", token: Token)).Is(200).Text);
        (await Api.SendAsync("GET", "experiments/e/trials/1/log", token: Token)).IsProblem(401);
        (await Api.SendTextAsync("PUT", "experiments/e/trials/1/segments/1/log", "other", "text/plain", Token)).IsProblem(410);
        (await Api.SendBytesAsync("PUT", $"{Segment}/log", new byte[18 << 20], "text/plain", Token)).IsProblem(413);
        (await Api.SendAsync("GET", "experiments/e/trials/99/log")).IsProblem(404);
    }

    [Fact]
    public async Task Removed_experiment_leaves_no_log()
    {
        await StartAsync();
        (await Api.SendTextAsync("PUT", $"{Segment}/log", "one\n", "text/plain", Token)).Is(204);
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        (await Api.SendAsync("DELETE", "experiments/e")).Is(204);

        Assert.Null(await Stores.Artifacts.FindAsync(TrialLog.NameFor("e", 1), CancellationToken.None));
    }

    [Fact]
    public async Task Trial_that_is_told_to_stop_hears_it_without_a_report()
    {
        await StartAsync();
        Assert.Equal("continue", Text((await Api.SendAsync("GET", $"{Segment}/directive", token: Token)).Is(200).Json, "action"));

        (await Api.SendAsync("POST", "experiments/e/stop")).Is(202);

        while ((await Api.SendAsync("GET", $"{Segment}/directive", token: Token)) is { Status: 200 } answer && Text(answer.Json, "action") != "stop")
        {
            await Task.Delay(10);
        }
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static JsonObject Restored(int attempt, long step, string text) => new() { ["attempt"] = attempt, ["step"] = step, ["text"] = text };

    private Task<ApiAnswer> PutCheckpointAsync(long step, byte[] content, string? sha256 = null) => Api.SendBytesAsync(
        "PUT", $"{Segment}/checkpoints/{step}", content, "application/octet-stream", Token, ("x-hpo-sha256", sha256 ?? Sha256(content)));

    private async Task<Trial> TrialAsync() => (await Stores.Trials.FindAsync("e", 1, CancellationToken.None))!;

    /// <summary>Has a turn taken, by a report, and waits for it.</summary>
    private async Task FoldAsync(long step)
    {
        JsonObject report = new() { ["segment"] = 0, ["reports"] = new JsonArray(new JsonObject { ["step"] = step, ["metrics"] = new JsonObject { ["loss"] = 1 } }) };
        (await Api.SendAsync("POST", "experiments/e/trials/1/reports", report, token: Token)).Is(200);
        (await Api.SendAsync("POST", "experiments/e/pause")).Is(202);
        await Api.UntilStatusAsync("e", "Paused");
        (await Api.SendAsync("POST", "experiments/e/resume")).Is(202);
        await Api.UntilStatusAsync("e", "Running");
        Assert.Equal(step, (await TrialAsync()).LastStep);
    }

    private async Task StartAsync(JsonObject? hpo = null)
    {
        await Api.PutProjectAsync(hpo ?? []);
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 2);
    }
}
