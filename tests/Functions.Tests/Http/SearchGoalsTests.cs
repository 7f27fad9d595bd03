using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Several metrics, constraints, initial points and warm starts by HTTP.</summary>
public sealed class SearchGoalsTests : ApiTest
{
    private static readonly JsonObject Body = new() { ["project"] = ApiHost.Project };

    [Fact]
    public async Task Several_metrics_give_a_front_and_a_hypervolume()
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync(Hpo("""{"metrics": ["loss:min", "speed:max"], "constraints": ["excess"]}"""));
        JsonElement started = (await Api.SendAsync("PUT", "experiments/e", Body)).Is(202).Json;
        JsonElement ended = await Api.UntilStatusAsync("e", "Succeeded");

        Assert.Equal("""[{"name":"loss","mode":"min"},{"name":"speed","mode":"max"}]""", started.GetProperty("metrics").GetRawText());
        Assert.Equal("""["excess"]""", started.GetProperty("constraints").GetRawText());
        Assert.NotEmpty(ended.GetProperty("front").EnumerateArray());
        Assert.All(ended.GetProperty("front").EnumerateArray(), member =>
            Assert.Equal(member.GetProperty("config").GetProperty("x").GetDouble(), member.GetProperty("values").GetProperty("speed").GetDouble()));
        Assert.All(ended.GetProperty("front").EnumerateArray(), member => Assert.InRange(member.GetProperty("values").GetProperty("speed").GetDouble(), -1, 0.5));
        Assert.True(ended.GetProperty("hypervolume").GetProperty("value").GetDouble() > 0);
        JsonElement listed = (await Api.SendAsync("GET", "experiments")).Json.GetProperty("value")[0];
        Assert.False(listed.TryGetProperty("front", out _));
    }

    [Fact]
    public async Task One_metric_gives_none_of_that()
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync();
        await Api.SendAsync("PUT", "experiments/e", Body);

        JsonElement ended = await Api.UntilStatusAsync("e", "Succeeded");

        Assert.DoesNotContain(ended.EnumerateObject(), member => member.Name is "front" or "hypervolume" or "metrics" or "constraints" or "warmStart");
        Assert.False(ended.GetProperty("best").TryGetProperty("violation", out _));
    }

    [Fact]
    public async Task Initial_points_come_first_and_are_explained()
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync(Hpo("""{"points_to_evaluate": [{"x": 0.25}, {"x": -0.5}]}"""));
        await Api.SendAsync("PUT", "experiments/e", Body);
        await Api.UntilStatusAsync("e", "Succeeded");

        Assert.Equal(-0.5, (await Api.SendAsync("GET", "experiments/e/trials/2")).Json.GetProperty("config").GetProperty("x").GetDouble());
        string told = (await Api.SendAsync("GET", "experiments/e/trials/2/explanation")).Json.GetProperty("sentences")[0].GetString()!;
        Assert.EndsWith("it was started: given by the user as initial point 2 of 2.", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_goals_and_points_are_listed_and_nothing_is_stored()
    {
        JsonObject document = ApiHost.Document();
        document["hpo_config"] = JsonNode.Parse("""{"metrics": ["loss:min"], "metric": "speed", "constraints": "excess", "points_to_evaluate": [{"x": 3}, {"y": 1}]}""");

        ApiAnswer answer = (await Api.SendAsync("PUT", $"projects/{ApiHost.Project}", document)).IsProblem(400);

        Assert.Equal(
            ["hpo_config.constraints", "hpo_config.metric", "hpo_config.points_to_evaluate[0].x", "hpo_config.points_to_evaluate[1].y"],
            answer.FaultPaths.Order());
        (await Api.SendAsync("GET", $"projects/{ApiHost.Project}")).IsProblem(404);
    }

    [Fact]
    public async Task Warm_start_is_read_once()
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync();
        await Api.SendAsync("PUT", "experiments/first", Body);
        await Api.UntilStatusAsync("first", "Succeeded");
        await Api.PutProjectAsync(Hpo("""{"warm_start": ["first"], "num_trials": 1}"""));

        JsonElement started = (await Api.SendAsync("PUT", "experiments/second", Body)).Is(202).Json;
        await Api.UntilStatusAsync("second", "Succeeded");
        (await Api.SendAsync("DELETE", "experiments/first")).Is(204);
        JsonElement again = (await Api.SendAsync("PUT", "experiments/second", Body)).Is(200).Json;

        Assert.Equal("""{"experiments":["first"],"trials":6,"outside":0,"withoutValue":0,"beyondLimit":0}""", started.GetProperty("warmStart").GetRawText());
        Assert.Equal(started.GetProperty("warmStart").GetRawText(), again.GetProperty("warmStart").GetRawText());
        Assert.Equal(1, again.GetProperty("trials").GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("continue", "sobol")]
    [InlineData("resume", "random")]
    public async Task Going_on_from_an_earlier_experiment_takes_over_its_algorithm_or_only_its_results(string strategy, string algorithm)
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync(Hpo("""{"algorithm": "sobol"}"""));
        await Api.SendAsync("PUT", "experiments/first", Body);
        await Api.UntilStatusAsync("first", "Succeeded");
        await Api.PutProjectAsync(Hpo("""{"algorithm": "random", "num_trials": 1}"""));

        JsonElement started = (await Api.SendAsync("PUT", "experiments/second", new JsonObject
        {
            ["project"] = ApiHost.Project,
            ["previousResult"] = "first",
            ["warmStartStrategy"] = strategy,
        })).Is(202).Json;

        Assert.Equal(algorithm, started.GetProperty("algorithm").GetString());
        JsonElement warmStart = started.GetProperty("warmStart");
        Assert.Equal(("""["first"]""", 6, 0), (warmStart.GetProperty("experiments").GetRawText(), warmStart.GetProperty("trials").GetInt32(), warmStart.GetProperty("outside").GetInt32()));
        Assert.Equal(
            strategy == "continue" ? "goes on with the sobol search of experiment first in its search space; this project's random search and search space are not looked at" : null,
            warmStart.TryGetProperty("continues", out JsonElement continues) ? continues.GetString() : null);
    }

    [Fact]
    public async Task Going_on_from_nothing_or_in_no_known_way_is_refused()
    {
        await Api.PutProjectAsync();

        ApiAnswer nothing = (await Api.SendAsync("PUT", "experiments/second", new JsonObject { ["project"] = ApiHost.Project, ["previousResult"] = "nobody" })).IsProblem(400);
        ApiAnswer noWay = (await Api.SendAsync("PUT", "experiments/second", new JsonObject { ["project"] = ApiHost.Project, ["previousResult"] = "nobody", ["warmStartStrategy"] = "begin" })).IsProblem(400);

        Assert.Equal(["hpo_config.previous_result"], nothing.FaultPaths);
        Assert.Equal(["warmStartStrategy"], noWay.FaultPaths);
        (await Api.SendAsync("GET", "experiments/second")).IsProblem(404);
    }

    [Fact]
    public async Task Warm_start_of_what_is_of_no_use_is_refused()
    {
        Api.LetTrialsGo();
        await Api.PutProjectAsync();
        await Api.SendAsync("PUT", "experiments/first", Body);
        await Api.UntilStatusAsync("first", "Succeeded");
        await Api.PutProjectAsync(Hpo("""{"metric": "cost", "warm_start": ["first", "nobody", "No Id"]}"""));

        ApiAnswer answer = (await Api.SendAsync("PUT", "experiments/second", Body)).IsProblem(400);

        Assert.Equal(["hpo_config.warm_start[0]", "hpo_config.warm_start[1]", "hpo_config.warm_start[2]"], answer.FaultPaths);
        (await Api.SendAsync("GET", "experiments/second")).IsProblem(404);
    }

    private static JsonObject Hpo(string json) => JsonNode.Parse(json)!.AsObject();
}
