using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace HpoServerless.Functions.Access;

/// <summary>Reads who signed in from the headers that App Service authentication sets, and takes away where others send them.</summary>
internal static class PrincipalHeader
{
    public const string Principal = "x-ms-client-principal";
    public const string Id = "x-ms-client-principal-id";
    public const string Name = "x-ms-client-principal-name";

    private const int Longest = 16 << 10;
    private const int Deepest = 8;
    private const int LongestId = 128;
    private const int LongestName = 100;

    private static readonly string[] IdClaims = ["http://schemas.microsoft.com/identity/claims/objectidentifier", "oid"];
    private static readonly string[] NameClaims = ["preferred_username", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "name"];
    private static readonly string[] RoleClaims = ["roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"];

    /// <summary>Whether somebody signed in.</summary>
    public static bool IsIn(HttpRequest request) => request.Headers.ContainsKey(Principal) || request.Headers.ContainsKey(Id);

    /// <summary>Who signed in; null where the headers are not as they must be.</summary>
    public static Caller? Read(HttpRequest request)
    {
        if (Claims(request.Headers[Principal]) is not { } claims)
        {
            return null;
        }

        string? id = First(claims, IdClaims) ?? One(request.Headers[Id]);
        if (id is null || id.Length is 0 or > LongestId || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '@'))
        {
            return null;
        }

        Roles roles = claims.Where(claim => RoleClaims.Contains(claim.Type)).Aggregate(Roles.None, (all, claim) => all | Caller.RoleOf(claim.Value));
        return new(id, Printable.Of(First(claims, NameClaims) ?? One(request.Headers[Name]) ?? id, LongestName), roles);
    }

    private static List<(string Type, string Value)>? Claims(StringValues header)
    {
        string? text = One(header);
        byte[] bytes = new byte[text?.Length ?? 0];
        if (text is null || text.Length > Longest || !Convert.TryFromBase64String(text, bytes, out int length))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes.AsMemory(0, length), new() { MaxDepth = Deepest });
            return
            [
                .. document.RootElement.GetProperty("claims").EnumerateArray()
                    .Select(claim => (claim.GetProperty("typ").GetString() ?? string.Empty, claim.GetProperty("val").GetString() ?? string.Empty)),
            ];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static string? First(List<(string Type, string Value)> claims, string[] types) =>
        types.Select(type => claims.Find(claim => claim.Type == type).Value).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    private static string? One(StringValues header) => header.Count == 1 ? header[0] : null;
}
