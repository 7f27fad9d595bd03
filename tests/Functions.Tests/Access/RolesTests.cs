using System.Text.Json.Nodes;
using HpoServerless.Functions.Tests.Http;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Each role opens what it should and nothing else.</summary>
public sealed class RolesTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(settings: Users.Settings());

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Each_role_opens_what_the_document_says()
    {
        Dictionary<string, string[]> enough = new()
        {
            ["reader"] = ["rita", "alice", "oscar"],
            ["submitter"] = ["alice", "oscar"],
            ["operator"] = ["oscar"],
            ["worker"] = ["farm", "oscar"],
            ["any"] = ["rita", "alice", "oscar", "farm"],
        };
        (string Name, string Key)[] users = [("rita", Users.Rita), ("alice", Users.Alice), ("oscar", Users.Oscar), ("farm", Users.Farm)];
        foreach (Operation operation in Operation.All.Where(o => o.Role is not null))
        {
            foreach ((string name, string key) in users)
            {
                ApiAnswer answer = await _api.SendAsync(operation.Method, operation.Example, key: key);
                Assert.True(enough[operation.Role!].Contains(name) == (answer.Status is not (401 or 403)), $"{operation} answers {name} {answer.Status}: {answer.Text}");
            }
        }
    }

    [Fact]
    public async Task Who_may_not_hears_what_is_needed()
    {
        ApiAnswer answer = (await _api.SendAsync("POST", "experiments", new JsonObject(), Users.Rita)).IsProblem(403);

        Assert.Contains("submitter or operator", answer.Json.GetProperty("detail").GetString());
        Assert.Contains("rita has reader", answer.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task What_belongs_to_others_is_seen_and_not_changed()
    {
        await _api.PutProjectAsync("hers", Users.Alice);
        JsonObject start = new() { ["project"] = "hers" };
        Assert.Equal("alice", (await _api.SendAsync("PUT", "experiments/a", start, Users.Alice)).Is(202).Json.GetProperty("owner").GetString());

        (await _api.SendAsync("GET", "experiments/a", key: Users.Bob)).Is(200);
        foreach (string command in (string[])["stop", "pause", "resume", "ask"])
        {
            (await _api.SendAsync("POST", $"experiments/a/{command}", key: Users.Bob)).IsProblem(403);
        }

        (await _api.SendAsync("PUT", "experiments/a/tell", new JsonObject { ["metrics"] = new JsonObject() }, Users.Bob)).IsProblem(403);
        (await _api.SendAsync("PUT", "projects/hers", ApiHost.Document(), Users.Bob)).IsProblem(403);
        (await _api.SendAsync("PUT", "experiments/a", start, Users.Bob)).IsProblem(409);
        (await _api.SendAsync("PUT", "experiments/b", start, Users.Bob)).Is(202);
        (await _api.SendAsync("PUT", "experiments/a", start, Users.Alice)).Is(200);
        (await _api.SendAsync("POST", "experiments/a/pause", key: Users.Alice)).Is(202);
        (await _api.SendAsync("POST", "experiments/a/stop", key: Users.Oscar)).Is(202);
        Assert.Equal("alice", (await _api.SendAsync("PUT", "projects/hers", ApiHost.Document(), Users.Oscar)).Is(200).Json.GetProperty("owner").GetString());
    }

    [Fact]
    public async Task Headers_of_a_sign_in_mean_nothing_where_nobody_stands_before_the_app() =>
        (await _api.SendAsAsync("GET", "experiments", null, ("X-MS-CLIENT-PRINCIPAL", Users.Principal("1", roles: "operator")))).IsProblem(401);
}
