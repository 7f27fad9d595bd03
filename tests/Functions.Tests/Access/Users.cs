using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>Users with keys, and users who signed in.</summary>
internal static class Users
{
    public static readonly string Alice = KeyOf("alice");
    public static readonly string Bob = KeyOf("bob");
    public static readonly string Rita = KeyOf("rita");
    public static readonly string Oscar = KeyOf("oscar");
    public static readonly string Farm = KeyOf("farm");

    /// <summary>Settings of an installation with two submitters, a reader, an operator and a worker.</summary>
    public static Dictionary<string, string?> Settings(params (string Name, string Value)[] more)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Hpo:Keys:alice"] = $"submitter:{Alice}",
            ["Hpo:Keys:bob"] = $"submitter:{Bob}",
            ["Hpo:Keys:rita"] = $"reader:{Rita}",
            ["Hpo:Keys:oscar"] = $"operator:{Oscar}",
            ["Hpo:Keys:farm"] = $"worker:{Farm}",
        };
        foreach ((string name, string value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    /// <summary>What App Service authentication sends.</summary>
    public static string Principal(string oid, string roleType = "roles", params string[] roles) => Encode(new JsonObject
    {
        ["auth_typ"] = "aad",
        ["name_typ"] = "name",
        ["role_typ"] = "roles",
        ["claims"] = new JsonArray(
        [
            Claim("http://schemas.microsoft.com/identity/claims/objectidentifier", oid),
            Claim("preferred_username", "ann@example.org"),
            .. roles.Select(role => Claim(roleType, role)),
        ]),
    });

    public static string Encode(JsonNode json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json.ToJsonString()));

    public static JsonNode Claim(string type, string value) => JsonSerializer.SerializeToNode(new { typ = type, val = value })!;

    private static string KeyOf(string name) => $"{name}-0123456789-0123456789-0123456789";
}
