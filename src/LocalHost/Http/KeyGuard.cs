using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.LocalHost.Http;

/// <summary>Decides by the key of a request whether a function may be called. Takes the same time whatever the key is.</summary>
internal sealed class KeyGuard(HostKeys keys)
{
    public const string Header = "x-functions-key";
    public const string Query = "code";

    private readonly byte[] _master = Hash(keys.Master);
    private readonly byte[] _function = Hash(keys.Function);

    public bool Admits(HttpRequest request, AuthorizationLevel level)
    {
        if (level == AuthorizationLevel.Anonymous)
        {
            return true;
        }

        string? given = request.Headers.TryGetValue(Header, out var header) ? header.ToString() : request.Query[Query].ToString();
        byte[] key = Hash(given ?? string.Empty);
        bool isMaster = CryptographicOperations.FixedTimeEquals(key, _master);
        bool isFunction = CryptographicOperations.FixedTimeEquals(key, _function);
        return isMaster || (isFunction && level == AuthorizationLevel.Function);
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
