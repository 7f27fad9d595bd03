using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Http;

public sealed class TrialReportsTests : ApiTest
{
    private static JsonObject Reports(long step, JsonNode? loss = null) => new()
    {
        ["segment"] = 0,
        ["reports"] = new JsonArray(new JsonObject { ["step"] = step, ["metrics"] = new JsonObject { ["loss"] = loss ?? 0.5 } }),
    };

    [Fact]
    public async Task Report_is_answered_with_a_directive_and_kept()
    {
        await StartAsync();

        ApiAnswer answer = (await Api.SendAsync("POST", "experiments/e/trials/1/reports", Reports(1, "nan"), token: Api.Token("e", 1))).Is(200);
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        Assert.Equal("continue", answer.Json.GetProperty("action").GetString());
        JsonElement first = (await Api.SendAsync("GET", "experiments/e/trials/1")).Json.GetProperty("reports")[0];
        Assert.Equal("nan", first.GetProperty("metrics").GetProperty("loss").GetString());
    }

    [Fact]
    public async Task Report_of_a_segment_that_is_over_is_told_to_stop()
    {
        await StartAsync();
        JsonObject body = Reports(1);
        body["segment"] = 7;

        ApiAnswer answer = (await Api.SendAsync("POST", "experiments/e/trials/1/reports", body, token: Api.Token("e", 1))).Is(200);

        Assert.Equal("stop", answer.Json.GetProperty("action").GetString());
    }

    [Fact]
    public async Task Outcome_ends_the_trial_and_the_first_one_counts()
    {
        await StartAsync();
        JsonObject failed = new() { ["segment"] = 0, ["status"] = "failed", ["error"] = "ValueError: no" };

        (await Api.SendAsync("PUT", "experiments/e/trials/1/outcome", failed, token: Api.Token("e", 1))).Is(204);
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("failed").GetInt32() == 1);
        (await Api.SendAsync("PUT", "experiments/e/trials/1/outcome", new JsonObject { ["segment"] = 0, ["status"] = "completed" }, token: Api.Token("e", 1))).Is(204);
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("e", "Succeeded");

        JsonElement trial = (await Api.SendAsync("GET", "experiments/e/trials/1")).Json;
        Assert.Equal("Failed", trial.GetProperty("state").GetString());
        Assert.Equal("ValueError: no", trial.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Outcome_costs_the_time_that_its_program_took()
    {
        await Api.PutProjectAsync(JsonNode.Parse("""{"num_trials": 1, "sites": [{"name": "local", "cost_per_hour": 3600}]}""")!.AsObject());
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 1);
        await Task.Delay(300); // what it waits for its site costs nothing
        JsonObject outcome = new() { ["segment"] = 0, ["status"] = "failed", ["duration_s"] = 0.125 };

        (await Api.SendAsync("PUT", "experiments/e/trials/1/outcome", outcome, token: Api.Token("e", 1))).Is(204);
        JsonElement end = await Api.UntilStatusAsync("e", "Failed");

        Assert.Equal(0.125, end.GetProperty("cost").GetDouble(), 9);
        JsonObject wrong = new() { ["segment"] = 0, ["status"] = "failed", ["duration_s"] = -1 };
        (await Api.SendAsync("PUT", "experiments/e/trials/1/outcome", wrong, token: Api.Token("e", 1))).IsProblem(400);
    }

    [Fact]
    public async Task Token_opens_its_own_trial_only()
    {
        await StartAsync();
        string token = Api.Token("e", 1);

        (await Api.SendAsync("POST", "experiments/e/trials/2/reports", Reports(1), token: token)).IsProblem(401);
        (await Api.SendAsync("POST", "experiments/other/trials/1/reports", Reports(1), token: token)).IsProblem(401);
        (await Api.SendAsync("PUT", "experiments/e/trials/2/outcome", Reports(1), token: token)).IsProblem(401);
        (await Api.SendAsync("POST", "experiments/e/trials/1/reports", Reports(1), token: "rubbish")).IsProblem(401);
        (await Api.SendAsync("POST", "experiments/e/trials/1/reports", Reports(1), token: token[..^1])).IsProblem(401);
        (await Api.SendAsync("POST", "experiments/e/trials/1/reports", Reports(1), key: Api.Host.Keys.Master)).IsProblem(401);
        (await Api.SendAsync("GET", "experiments/e", token: token)).IsProblem(401);
    }

    [Fact]
    public async Task Reports_with_faults_list_all()
    {
        await StartAsync();
        JsonNode body = JsonNode.Parse("""{"segment": -1, "wait": "x", "more": 1, "reports": [{"step": 2, "metrics": {"loss": 1}}, {"step": 2, "metrics": {"loss": "high"}}, {"metrics": {}}]}""")!;

        ApiAnswer answer = (await Api.SendAsync("POST", "experiments/e/trials/1/reports", body, token: Api.Token("e", 1))).IsProblem(400);

        Assert.Equal(["more", "reports[1].metrics", "reports[1].step", "reports[2].step", "segment", "wait"], answer.FaultPaths.Order());
    }

    [Theory]
    [InlineData("{}", "segment")]
    [InlineData("""{"segment": 0, "reports": []}""", "reports")]
    [InlineData("""{"segment": 0, "reports": 7}""", "reports")]
    public async Task Reports_that_say_nothing_are_refused(string body, string path)
    {
        await StartAsync();

        ApiAnswer answer = await Api.SendTextAsync("POST", "experiments/e/trials/1/reports", body, token: Api.Token("e", 1));

        Assert.Contains(path, answer.IsProblem(400).FaultPaths);
    }

    [Fact]
    public async Task Outcome_of_an_unknown_kind_is_refused()
    {
        await StartAsync();

        ApiAnswer answer = await Api.SendTextAsync("PUT", "experiments/e/trials/1/outcome", """{"status": "lost"}""", token: Api.Token("e", 1));

        Assert.Equal(["segment", "status"], answer.IsProblem(400).FaultPaths.Order());
    }

    [Fact]
    public async Task Trial_that_does_not_exist_is_not_found_with_its_token()
    {
        await StartAsync();

        (await Api.SendAsync("POST", "experiments/e/trials/99/reports", Reports(1), token: Api.Token("e", 99))).IsProblem(404);
        (await Api.SendAsync("PUT", "experiments/nobody/trials/1/outcome", Reports(1), token: Api.Token("nobody", 1))).IsProblem(404);
    }

    private async Task StartAsync()
    {
        await Api.StartExperimentAsync("e");
        await Api.UntilAsync("e", e => e.GetProperty("trials").GetProperty("running").GetInt32() == 2);
    }
}
