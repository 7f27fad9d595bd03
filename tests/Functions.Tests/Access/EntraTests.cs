using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Behind App Service authentication its headers say who calls.</summary>
public sealed class EntraTests : IAsyncLifetime
{
    private const string Oid = "6d0f6f2e-7f0c-4f3c-9a51-0c8f5a6b7c8d";
    private const string Header = "X-MS-CLIENT-PRINCIPAL";
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(settings: Users.Settings(("Hpo:Authentication", "entra")));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("roles")]
    [InlineData("http://schemas.microsoft.com/ws/2008/06/identity/claims/role")]
    public async Task Roles_of_the_token_count(string type)
    {
        await _api.PutProjectAsync();
        JsonObject start = new() { ["project"] = ApiHost.Project };

        (await _api.SendAsAsync("PUT", "experiments/e", start, (Header, Users.Principal(Oid, type, "reader")))).IsProblem(403);
        ApiAnswer started = (await _api.SendAsAsync("PUT", "experiments/e", start.DeepClone(), (Header, Users.Principal(Oid, type, "reader", "submitter")))).Is(202);
        Assert.Equal("ann@example.org", started.Json.GetProperty("owner").GetString());
        (await _api.SendAsAsync("POST", "experiments/e/stop", null, (Header, Users.Principal("another", type, "submitter")))).IsProblem(403);
        (await _api.SendAsAsync("POST", "experiments/e/stop", null, (Header, Users.Principal("another", type, "operator")))).Is(202);
    }

    [Theory]
    [InlineData]
    [InlineData("admin")]
    [InlineData("Operator")]
    [InlineData("operator ")]
    public async Task Without_a_role_that_is_known_nothing_opens(params string[] roles)
    {
        ApiAnswer answer = (await _api.SendAsAsync("GET", "experiments", null, (Header, Users.Principal(Oid, roles: roles)))).IsProblem(403);
        Assert.Contains("ann@example.org has none", answer.Json.GetProperty("detail").GetString());
    }

    public static TheoryData<string> Unreadable => new(
        string.Empty,
        "%%%",
        "e30=",
        Users.Encode(JsonNode.Parse("[]")!),
        Users.Encode(JsonNode.Parse("""{"claims": 1}""")!),
        Users.Encode(JsonNode.Parse("""{"claims": [1]}""")!),
        Users.Encode(JsonNode.Parse("""{"claims": [{"typ": "roles"}]}""")!),
        Users.Encode(JsonNode.Parse("""{"claims": [{"typ": "roles", "val": 1}]}""")!),
        Users.Encode(JsonNode.Parse("""{"claims": [{"typ": "roles", "val": "operator"}]}""")!),
        Users.Principal("two words", roles: "operator"),
        Users.Principal(new string('a', 129), roles: "operator"),
        Users.Principal("1", roles: "operator") + "AAAA",
        Users.Encode(JsonNode.Parse(new string('[', 40) + new string(']', 40))!),
        Users.Principal("1", roles: ["operator", new string('x', 14_000)]));

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_cannot_be_read_opens_nothing(string header) => (await _api.SendAsAsync("GET", "experiments", null, (Header, header))).IsProblem(401);

    [Fact]
    public async Task Two_of_the_same_header_open_nothing() =>
        (await _api.SendAsAsync("GET", "experiments", null, (Header, Users.Principal(Oid, roles: "reader")), (Header, Users.Principal(Oid, roles: "operator")))).IsProblem(401);

    [Fact]
    public async Task The_id_header_is_enough_for_the_id_and_not_for_a_role()
    {
        string nameless = Users.Encode(new JsonObject { ["claims"] = new JsonArray(Users.Claim("roles", "reader")) });

        (await _api.SendAsAsync("GET", "experiments", null, (Header, nameless), ("X-MS-CLIENT-PRINCIPAL-ID", Oid))).Is(200);
        (await _api.SendAsAsync("GET", "experiments", null, ("X-MS-CLIENT-PRINCIPAL-ID", Oid))).IsProblem(401);
        (await _api.SendAsAsync("GET", "experiments", null)).IsProblem(401);
    }

    [Fact]
    public async Task Keys_open_for_machines_and_a_wrong_one_is_not_forgiven()
    {
        (await _api.SendAsync("GET", "experiments", key: Users.Rita)).Is(200);
        (await _api.SendAsAsync("GET", "experiments", null, ("x-functions-key", "wrong"), (Header, Users.Principal(Oid, roles: "operator")))).IsProblem(401);
    }

    [Fact]
    public async Task A_name_cannot_write_to_terminals()
    {
        await _api.PutProjectAsync();
        JsonNode principal = new JsonObject { ["claims"] = new JsonArray(Users.Claim("oid", Oid), Users.Claim("name", "a\u001b[31m\n\u202eb"), Users.Claim("roles", "submitter")) };

        ApiAnswer started = await _api.SendAsAsync("PUT", "experiments/e", new JsonObject { ["project"] = ApiHost.Project }, (Header, Users.Encode(principal)));
        Assert.Equal("a?[31m??b", started.Is(202).Json.GetProperty("owner").GetString());
    }
}
