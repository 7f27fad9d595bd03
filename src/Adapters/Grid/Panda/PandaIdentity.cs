using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace HpoServerless.Adapters.Grid.Panda;

/// <summary>Who asks, as tasks name their owners.</summary>
public static class PandaIdentity
{
    /// <summary>The name in the proxy or the token; null where there is none.</summary>
    public static string? NameOf(PandaConnection connection)
    {
        try
        {
            return connection.Auth == PandaAuth.X509 ? OfProxy(connection.Proxy) : OfToken(connection);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The last part of the subject that is a name: proxies add numbers and words of their own.</summary>
    private static string? OfProxy(string path)
    {
        using X509Certificate2 proxy = X509Certificate2.CreateFromPem(File.ReadAllText(path));
        return proxy.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false)
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3")
            .Select(part => part.GetSingleElementValue())
            .LastOrDefault(name => name is { Length: > 0 } && name is not ("proxy" or "limited proxy") && !name.All(char.IsAsciiDigit) && name.Contains(' ', StringComparison.Ordinal))
            ?.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd();
    }

    private static string? OfToken(PandaConnection connection)
    {
        string? token = connection.IdToken ?? (connection.TokenFile is { } file ? File.ReadAllText(file).Trim() : null);
        if (token is null)
        {
            using JsonDocument kept = JsonDocument.Parse(File.ReadAllText(connection.KeptToken));
            token = kept.RootElement.GetProperty("id_token").GetString();
        }

        return PandaTokens.ClaimOf(token ?? string.Empty, "name");
    }
}
