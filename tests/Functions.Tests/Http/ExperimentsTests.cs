using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HpoServerless.Functions.Tests.Http;

public sealed partial class ExperimentsTests : ApiTest
{
    private static JsonObject Body => new() { ["project"] = ApiHost.Project, ["seed"] = 1 };

    [Fact]
    public async Task Post_starts_and_points_to_the_experiment()
    {
        await Api.PutProjectAsync();
        Api.LetTrialsGo();

        ApiAnswer answer = (await Api.SendAsync("POST", "experiments", Body)).Is(202);

        string id = answer.Json.GetProperty("id").GetString()!;
        Assert.Matches(GeneratedId(), id);
        Assert.Equal($"/api/experiments/{id}", answer.Headers.Location!.OriginalString);
        JsonElement ended = await Api.UntilStatusAsync(id, "Succeeded");
        Assert.Equal(6, ended.GetProperty("trials").GetProperty("completed").GetInt32());
        Assert.Equal(6, ended.GetProperty("trials").GetProperty("total").GetInt32());
        Assert.Equal("loss", ended.GetProperty("metric").GetString());
        Assert.Equal("min", ended.GetProperty("mode").GetString());
        Assert.Equal(1, ended.GetProperty("seed").GetInt32());
        Assert.True(ended.GetProperty("best").GetProperty("config").TryGetProperty("x", out _));
        Assert.True(ended.TryGetProperty("endedAt", out _));
    }

    [Fact]
    public async Task Post_takes_overrides()
    {
        await Api.PutProjectAsync();
        JsonObject body = new() { ["project"] = ApiHost.Project, ["seed"] = 5, ["maxConcurrent"] = 3, ["numTrials"] = 4, ["timeLimitS"] = 100.5, ["isolate"] = true };

        JsonElement started = (await Api.SendAsync("POST", "experiments", body)).Is(202).Json;

        Assert.Equal(5, started.GetProperty("seed").GetInt32());
        Assert.Equal(3, started.GetProperty("maxConcurrent").GetInt32());
        Assert.Equal(4, started.GetProperty("numTrials").GetInt32());
    }

    [Fact]
    public async Task Post_with_faults_lists_all()
    {
        JsonObject body = new() { ["seed"] = -1, ["maxConcurrent"] = 0, ["numTrials"] = "many", ["timeLimitS"] = 0, ["isolate"] = "yes", ["speed"] = 1 };

        ApiAnswer answer = (await Api.SendAsync("POST", "experiments", body)).IsProblem(400);

        Assert.Equal(["isolate", "maxConcurrent", "numTrials", "project", "seed", "speed", "timeLimitS"], answer.FaultPaths.Order());
    }

    [Fact]
    public async Task Post_of_an_unknown_project_is_not_found() => (await Api.SendAsync("POST", "experiments", Body)).IsProblem(404);

    [Fact]
    public async Task Post_of_a_project_without_scripts_is_refused()
    {
        await Api.SendAsync("PUT", $"projects/{ApiHost.Project}", ApiHost.Document());

        Assert.Equal(["project"], (await Api.SendAsync("POST", "experiments", Body)).IsProblem(400).FaultPaths);
    }

    [Fact]
    public async Task Put_of_the_same_body_changes_nothing_and_of_another_conflicts()
    {
        await Api.PutProjectAsync();
        JsonObject body = new() { ["project"] = ApiHost.Project };

        ApiAnswer first = (await Api.SendAsync("PUT", "experiments/mine", body)).Is(202);
        ApiAnswer second = (await Api.SendAsync("PUT", "experiments/mine", body)).Is(200);
        ApiAnswer other = await Api.SendAsync("PUT", "experiments/mine", new JsonObject { ["project"] = ApiHost.Project, ["seed"] = 99 });

        Assert.Equal(first.Json.GetProperty("createdAt").GetString(), second.Json.GetProperty("createdAt").GetString());
        Assert.Equal(first.Json.GetProperty("seed").GetRawText(), second.Json.GetProperty("seed").GetRawText());
        other.IsProblem(409);
        Assert.Single((await Api.SendAsync("GET", "experiments")).Json.GetProperty("value").EnumerateArray());
    }

    [Fact]
    public async Task Put_many_times_at_once_starts_one()
    {
        await Api.PutProjectAsync();

        ApiAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Api.SendAsync("PUT", "experiments/once", Body)));

        Assert.All(answers, a => Assert.Contains(a.Status, (int[])[200, 202]));
        Assert.Single(answers, a => a.Status == 202);
        Api.LetTrialsGo();
        JsonElement ended = await Api.UntilStatusAsync("once", "Succeeded");
        Assert.Equal(6, ended.GetProperty("trials").GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    public async Task Put_under_an_id_that_is_not_allowed_is_refused(string id)
    {
        await Api.PutProjectAsync();

        Assert.Equal(["id"], (await Api.SendAsync("PUT", $"experiments/{id}", Body)).IsProblem(400).FaultPaths);
        (await Api.SendAsync("PUT", $"experiments/{new string('a', 65)}", Body)).IsProblem(400);
        (await Api.SendAsync("PUT", $"experiments/{new string('a', 64)}", Body)).Is(202);
    }

    [Fact]
    public async Task List_is_paged_newest_first()
    {
        await Api.PutProjectAsync();
        Api.LetTrialsGo();
        for (int i = 0; i < 5; i++)
        {
            (await Api.SendAsync("PUT", $"experiments/e{i}", Body)).Is(202);
        }

        List<string> ids = [];
        string? next = "experiments?limit=2";
        int pages = 0;
        while (next is not null)
        {
            JsonElement page = (await Api.SendAsync("GET", next)).Is(200).Json;
            ids.AddRange(page.GetProperty("value").EnumerateArray().Select(e => e.GetProperty("id").GetString()!));
            next = page.TryGetProperty("nextLink", out JsonElement link) ? link.GetString() : null;
            pages++;
        }

        Assert.Equal(["e0", "e1", "e2", "e3", "e4"], ids.Order());
        Assert.True(pages >= 3);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=x")]
    [InlineData("continuation=rubbish!")]
    public async Task List_of_an_impossible_page_is_refused(string query) => (await Api.SendAsync("GET", $"experiments?{query}")).IsProblem(400);

    [Fact]
    public async Task Get_of_an_unknown_experiment_is_not_found()
    {
        (await Api.SendAsync("GET", "experiments/nobody")).IsProblem(404);
        (await Api.SendAsync("GET", "experiments/No_Body")).IsProblem(404);
    }

    [Fact]
    public async Task Delete_waits_for_the_end_and_then_removes_everything()
    {
        await Api.StartExperimentAsync("gone");
        (await Api.SendAsync("DELETE", "experiments/gone")).IsProblem(409);
        Api.LetTrialsGo();
        await Api.UntilStatusAsync("gone", "Succeeded");

        (await Api.SendAsync("DELETE", "experiments/gone")).Is(204);

        (await Api.SendAsync("GET", "experiments/gone")).IsProblem(404);
        (await Api.SendAsync("GET", "experiments/gone/trials")).IsProblem(404);
        (await Api.SendAsync("DELETE", "experiments/gone")).Is(204);
        Assert.Null(await Api.Host.Client.GetInstanceAsync("gone", CancellationToken.None));
    }

    [GeneratedRegex("^parabola-[a-z0-9]{13}$")]
    private static partial Regex GeneratedId();
}
