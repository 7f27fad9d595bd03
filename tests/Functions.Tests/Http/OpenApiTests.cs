using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>The description of the API and the API are the same.</summary>
public sealed class OpenApiTests : ApiTest
{
    /// <summary>All HTTP triggers: method, path and whom the platform lets in.</summary>
    public static IEnumerable<(string Method, string Path, AuthorizationLevel Level)> Triggers() =>
        from type in typeof(HpoOptions).Assembly.GetExportedTypes()
        from method in type.GetMethods()
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        from verb in trigger.Methods!
        select (verb.ToUpperInvariant(), $"/api/{trigger.Route}", trigger.AuthLevel);

    [Fact]
    public async Task Document_has_exactly_the_triggers()
    {
        JsonElement document = await DocumentAsync();

        IEnumerable<string> described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(verb => $"{verb.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(Triggers().Select(t => $"{t.Method} {t.Path}").Order(), described.Order());
    }

    [Fact]
    public void The_platform_lets_everybody_in_because_the_app_decides_itself() => Assert.All(Triggers(), trigger => Assert.Equal(AuthorizationLevel.Anonymous, trigger.Level));

    [Fact]
    public void Document_says_who_may_call() => Assert.All(Operation.All, operation => Assert.Equal(operation.Security is null, operation.Role is not null));

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        JsonElement document = await DocumentAsync();

        foreach (string reference in References(document))
        {
            JsonElement target = document;
            foreach (string part in reference[2..].Split('/'))
            {
                Assert.True(target.TryGetProperty(part, out target), reference);
            }
        }
    }

    [Fact]
    public async Task Answers_are_as_the_document_says()
    {
        JsonElement document = await DocumentAsync();
        await Api.PutProjectAsync();
        Api.LetTrialsGo();
        JsonObject body = new() { ["project"] = ApiHost.Project };
        SchemaCheck check = new(document);

        check.Answer("get", "/api/projects/{name}", await Api.SendAsync("GET", $"projects/{ApiHost.Project}"));
        check.Answer("put", "/api/experiments/{id}", await Api.SendAsync("PUT", "experiments/e", body));
        await Api.UntilStatusAsync("e", "Succeeded");
        check.Answer("put", "/api/experiments/{id}", await Api.SendAsync("PUT", "experiments/e", body));
        check.Answer("get", "/api/experiments/{id}", await Api.SendAsync("GET", "experiments/e"));
        check.Answer("get", "/api/experiments", await Api.SendAsync("GET", "experiments"));
        check.Answer("get", "/api/experiments/{id}/trials", await Api.SendAsync("GET", "experiments/e/trials?limit=2"));
        check.Answer("get", "/api/experiments/{id}/trials/{n}", await Api.SendAsync("GET", "experiments/e/trials/1"));
        check.Answer("get", "/api/experiments/{id}/trials/{n}/explanation", await Api.SendAsync("GET", "experiments/e/trials/1/explanation"));
        check.Answer("get", "/api/health", await Api.SendAsync("GET", "health"));
        check.Answer("get", "/api/experiments/{id}", await Api.SendAsync("GET", "experiments/nobody"));
        check.Answer("put", "/api/experiments/{id}", await Api.SendAsync("PUT", "experiments/e", new JsonObject { ["project"] = ApiHost.Project, ["seed"] = 3 }));
        check.Answer("post", "/api/experiments", await Api.SendAsync("POST", "experiments", new JsonObject { ["seed"] = -3 }));
    }

    [Fact]
    public async Task Answers_about_several_metrics_are_as_the_document_says()
    {
        SchemaCheck check = new(await DocumentAsync());
        Api.LetTrialsGo();
        await Api.PutProjectAsync();
        await Api.StartExperimentAsync("first");
        await Api.UntilStatusAsync("first", "Succeeded");
        await Api.PutProjectAsync(JsonNode.Parse("""{"metrics": ["loss:min", "speed:max"], "constraints": ["excess"], "warm_start": "first"}""")!.AsObject());
        check.Answer("put", "/api/experiments/{id}", await Api.SendAsync("PUT", "experiments/e", new JsonObject { ["project"] = ApiHost.Project }));
        await Api.UntilStatusAsync("e", "Succeeded");

        check.Answer("get", "/api/experiments/{id}", await Api.SendAsync("GET", "experiments/e"));
        check.Answer("get", "/api/experiments", await Api.SendAsync("GET", "experiments"));
    }

    private async Task<JsonElement> DocumentAsync() => (await Api.SendAsync("GET", "openapi.json", key: string.Empty)).Is(200).Json;

    private static IEnumerable<string> References(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(m => m.Name == "$ref" ? [m.Value.GetString()!] : References(m.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
