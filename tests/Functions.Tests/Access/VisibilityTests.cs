using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Functions.Access;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Where users see their own things alone, nothing says that others have any.</summary>
public sealed class VisibilityTests : IAsyncLifetime
{
    private static readonly JsonObject Start = new() { ["project"] = "hers" };
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(settings: Users.Settings(("Hpo:Visibility", "own")));
        await _api.PutProjectAsync("hers", Users.Alice);
        (await _api.SendAsync("PUT", "experiments/secret", Start.DeepClone(), Users.Alice)).Is(202);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Others_get_the_answer_of_what_does_not_exist()
    {
        await _api.UntilAsync("secret", e => e.GetProperty("trials").GetProperty("running").GetInt32() > 0);
        (string Method, string Path, JsonNode? Body)[] requests =
        [
            ("GET", "experiments/secret", null), ("GET", "experiments/secret/trials", null), ("GET", "experiments/secret/trials/1", null),
            ("GET", "experiments/secret/trials/1/explanation", null), ("GET", "experiments/secret/trials/1/log", null),
            ("POST", "experiments/secret/stop", null), ("POST", "experiments/secret/pause", null), ("POST", "experiments/secret/resume", null),
            ("POST", "experiments/secret/ask", null), ("PUT", "experiments/secret/tell", new JsonObject { ["metrics"] = new JsonObject { ["loss"] = 1 } }),
            ("GET", "projects/hers", null), ("PUT", "projects/hers/scripts", null), ("PUT", "experiments/new", Start),
        ];
        foreach ((string method, string path, JsonNode? body) in requests)
        {
            ApiAnswer hidden = await _api.SendAsync(method, path, body?.DeepClone(), Users.Bob);
            ApiAnswer missing = await _api.SendAsync(
                method, path.Replace("secret", "nothere").Replace("hers", "none"), body is JsonObject { Count: 1 } start && start.ContainsKey("project") ? new JsonObject { ["project"] = "none" } : body?.DeepClone(), Users.Bob);
            hidden.IsProblem(404);
            Assert.Equal(Story(missing), Story(hidden).Replace("secret", "nothere").Replace("hers", "none"));
        }
    }

    [Fact]
    public async Task Lists_show_ones_own_and_their_continuations_name_nothing()
    {
        await _api.PutProjectAsync("his", Users.Bob);
        (await _api.SendAsync("PUT", "experiments/bobs", new JsonObject { ["project"] = "his" }, Users.Bob)).Is(202);
        (await _api.SendAsync("PUT", "experiments/secret-2", Start.DeepClone(), Users.Alice)).Is(202);

        List<string> seen = [];
        string? next = "experiments?limit=1";
        while (next is not null)
        {
            ApiAnswer page = (await _api.SendAsync("GET", next, key: Users.Bob)).Is(200);
            Assert.DoesNotContain("secret", page.Text);
            seen.AddRange(page.Json.GetProperty("value").EnumerateArray().Select(e => e.GetProperty("id").GetString()!));
            next = page.Json.TryGetProperty("nextLink", out JsonElement link) ? link.GetString() : null;
        }

        Assert.Equal(["bobs"], seen);
        Assert.Equal(3, (await _api.SendAsync("GET", "experiments", key: Users.Oscar)).Json.GetProperty("value").GetArrayLength());
        string ofAlice = (await _api.SendAsync("GET", "experiments?limit=1", key: Users.Alice)).Json.GetProperty("nextLink").GetString()!;
        (await _api.SendAsync("GET", ofAlice, key: Users.Bob)).IsProblem(400);
        (await _api.SendAsync("GET", "experiments?continuation=secret", key: Users.Bob)).IsProblem(400);
        (await _api.SendAsync("GET", "workers", key: Users.Bob)).IsProblem(403);
    }

    [Fact]
    public void Who_works_for_all_does_not_see_all()
    {
        Ownership ownership = (Ownership)_api.Host.Services.GetService(typeof(Ownership))!;

        Assert.False(ownership.SeesAll(new("farm", "farm", Roles.Worker | Roles.Reader)));
        Assert.True(ownership.SeesAll(new("oscar", "oscar", Roles.Worker | Roles.Operator)));
    }

    [Fact]
    public async Task A_search_learns_nothing_from_what_its_owner_does_not_see()
    {
        _api.LetTrialsGo();
        await _api.UntilStatusAsync("secret", "Succeeded");
        foreach (string key in (string[])["warm_start", "previous_result"])
        {
            await _api.PutProjectAsync("his", Users.Bob, KeyValuePair.Create<string, JsonNode?>(key, "secret"));
            ApiAnswer hidden = (await _api.SendAsync("PUT", "experiments/new", new JsonObject { ["project"] = "his" }, Users.Bob)).IsProblem(400);
            await _api.PutProjectAsync("his", Users.Bob, KeyValuePair.Create<string, JsonNode?>(key, "nothere"));
            ApiAnswer missing = (await _api.SendAsync("PUT", "experiments/new", new JsonObject { ["project"] = "his" }, Users.Bob)).IsProblem(400);
            Assert.Equal(Story(missing), Story(hidden).Replace("secret", "nothere"));
        }

        await _api.PutProjectAsync("his", Users.Oscar, KeyValuePair.Create<string, JsonNode?>("warm_start", "secret"));
        (await _api.SendAsync("PUT", "experiments/oscars", new JsonObject { ["project"] = "his" }, Users.Oscar)).Is(202);
    }

    [Fact]
    public async Task Names_that_others_took_are_taken_and_no_more_is_said()
    {
        await _api.PutProjectAsync("his", Users.Bob);
        foreach (string project in (string[])["his", "hers"])
        {
            ApiAnswer answer = await _api.SendAsync("PUT", "experiments/secret", new JsonObject { ["project"] = project }, Users.Bob);
            Assert.DoesNotContain("alice", answer.Text);
            answer.IsProblem(project == "his" ? 409 : 404);
        }

        Assert.DoesNotContain("alice", (await _api.SendAsync("PUT", "projects/hers", ApiHost.Document(), Users.Bob)).IsProblem(409).Text);
    }

    [Fact]
    public async Task Owners_and_operators_see_all_of_it()
    {
        foreach (string key in (string[])[Users.Alice, Users.Oscar])
        {
            (await _api.SendAsync("GET", "experiments/secret", key: key)).Is(200);
            (await _api.SendAsync("GET", "experiments/secret/trials", key: key)).Is(200);
            (await _api.SendAsync("GET", "projects/hers", key: key)).Is(200);
        }
    }

    private static string Story(ApiAnswer answer)
    {
        JsonObject problem = JsonNode.Parse(answer.Text)!.AsObject();
        problem.Remove("traceId");
        return problem.ToJsonString();
    }
}
