using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Functions.Tests.Http;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Who changed what is known afterwards.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(settings: Users.Settings());

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task What_changes_something_is_noted_whether_it_was_allowed_or_not()
    {
        await _api.PutProjectAsync("p", Users.Alice);
        JsonObject start = new() { ["project"] = "p" };
        (await _api.SendAsync("PUT", "experiments/e", start, Users.Alice)).Is(202);
        (await _api.SendAsync("GET", "experiments/e", key: Users.Bob)).Is(200);
        ApiAnswer refused = (await _api.SendAsync("POST", "experiments/e/stop", key: Users.Bob)).IsProblem(403);
        (await _api.SendAsync("POST", "experiments/e/stop", key: Users.Rita)).IsProblem(403);
        (await _api.SendAsync("DELETE", "experiments/e", key: Users.Oscar)).IsProblem(409);
        (await _api.SendAsync("POST", "experiments", new JsonObject(), Users.Alice)).IsProblem(400);
        (await _api.SendAsync("POST", "experiments/e/stop", key: "wrong")).IsProblem(401);

        ApiAnswer log = (await _api.SendAsync("GET", "audit", key: Users.Oscar)).Is(200);
        Assert.Equal(
            [
                "alice submitter experiment.start experiments 400",
                "oscar operator experiment.delete experiments/e 409",
                "rita reader experiment.stop experiments/e 403",
                "bob submitter experiment.stop experiments/e 403",
                "alice submitter experiment.start experiments/e 202",
                "alice submitter project.scripts projects/p 200",
                "alice submitter project.put projects/p 201",
            ],
            Lines(log));
        new SchemaCheck(Operation.Document).Answer("get", "/api/audit", log);
        new SchemaCheck(Operation.Document).Answer("get", "/api/me", await _api.SendAsync("GET", "me", key: Users.Alice));
        Assert.Equal(refused.Json.GetProperty("traceId").GetString(), log.Json.GetProperty("value")[3].GetProperty("traceId").GetString());
        Assert.DoesNotContain(Users.Alice, log.Text);
    }

    [Fact]
    public async Task Operators_choose_and_follow_pages_and_others_do_not_look()
    {
        foreach (string id in (string[])["a", "b", "a", "b", "a"])
        {
            await _api.SendAsync("POST", $"experiments/{id}/stop", key: id == "a" ? Users.Alice : Users.Bob);
        }

        List<string> seen = [];
        string? next = "audit?limit=2&user=alice&experiment=a&from=2001-01-01";
        int pages = 0;
        while (next is not null)
        {
            ApiAnswer page = (await _api.SendAsync("GET", next, key: Users.Oscar)).Is(200);
            seen.AddRange(Lines(page));
            next = page.Json.TryGetProperty("nextLink", out JsonElement link) ? link.GetString() : null;
            pages++;
        }

        Assert.Equal(2, pages);
        Assert.Equal(Enumerable.Repeat("alice submitter experiment.stop experiments/a 404", 3), seen);
        Assert.Empty(Lines(await _api.SendAsync("GET", "audit?to=2001-01-01", key: Users.Oscar)));
        Assert.Equal(["from", "to"], (await _api.SendAsync("GET", "audit?from=soon&to=never", key: Users.Oscar)).IsProblem(400).FaultPaths);
        (await _api.SendAsync("GET", "audit", key: Users.Alice)).IsProblem(403);
    }

    [Fact]
    public async Task What_users_write_cannot_write_lines_of_its_own()
    {
        await _api.SendAsync("PUT", $"projects/{Uri.EscapeDataString("x\n\u001b[2J\u2028oscar operator " + new string('y', 5000))}", new JsonObject(), Users.Alice);

        string target = (await _api.SendAsync("GET", "audit", key: Users.Oscar)).Json.GetProperty("value")[0].GetProperty("target").GetString()!;
        Assert.StartsWith("projects/x??[2J?oscar operator yyy", target);
        Assert.True(target.Length <= 120);
    }

    [Fact]
    public async Task Old_days_are_removed()
    {
        await _api.SendAsync("POST", "experiments/a/stop", key: Users.Alice);
        await new HpoServerless.Functions.Entries.AuditTimer(
            (HpoServerless.Engine.Ports.IAuditStore)_api.Host.Services.GetService(typeof(HpoServerless.Engine.Ports.IAuditStore))!,
            (HpoOptions)_api.Host.Services.GetService(typeof(HpoOptions))!,
            new Contracts.Time.ManualTimeProvider(TimeProvider.System.GetUtcNow().AddDays(364))).RunAsync(null!, default);
        Assert.Single(Lines(await _api.SendAsync("GET", "audit", key: Users.Oscar)));

        await new HpoServerless.Functions.Entries.AuditTimer(
            (HpoServerless.Engine.Ports.IAuditStore)_api.Host.Services.GetService(typeof(HpoServerless.Engine.Ports.IAuditStore))!,
            (HpoOptions)_api.Host.Services.GetService(typeof(HpoOptions))!,
            new Contracts.Time.ManualTimeProvider(TimeProvider.System.GetUtcNow().AddDays(367))).RunAsync(null!, default);
        Assert.Empty(Lines(await _api.SendAsync("GET", "audit", key: Users.Oscar)));
    }

    private static IEnumerable<string> Lines(ApiAnswer log) => log.Json.GetProperty("value").EnumerateArray()
        .Select(entry => string.Join(' ', ((string[])["user", "role", "action", "target", "status"]).Select(name => entry.GetProperty(name).ToString())));
}
