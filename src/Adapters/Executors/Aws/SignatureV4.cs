using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>Signs requests as AWS asks for: Signature Version 4, in the header <c>Authorization</c>.</summary>
internal static class SignatureV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Adds the headers that say who asks, and when.</summary>
    /// <param name="request">All of whose other headers are there; those that are there are signed.</param>
    /// <param name="body">Its content.</param>
    /// <param name="keys">Who asks.</param>
    /// <param name="region">Where.</param>
    /// <param name="service">Whom.</param>
    /// <param name="now">When.</param>
    public static void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, AwsKeys keys, string region, string service, DateTimeOffset now)
    {
        string time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request.Headers.Host = request.RequestUri!.IsDefaultPort ? request.RequestUri.Host : $"{request.RequestUri.Host}:{request.RequestUri.Port}";
        request.Headers.Add("X-Amz-Date", time);
        if (keys.Token is { } token)
        {
            request.Headers.Add("X-Amz-Security-Token", token);
        }

        SortedDictionary<string, string> headers = new(StringComparer.Ordinal);
        foreach ((string name, IEnumerable<string> values) in request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>()))
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                headers[name.ToLowerInvariant()] = string.Join(',', values.Select(value => value.Trim()));
            }
        }

        string signed = string.Join(';', headers.Keys);
        string canonical = string.Join(
            '\n',
            request.Method.Method,
            request.RequestUri.AbsolutePath,
            Query(request.RequestUri.Query),
            string.Concat(headers.Select(h => $"{h.Key}:{h.Value}\n")),
            signed,
            Convert.ToHexStringLower(SHA256.HashData(body)));
        string scope = $"{time[..8]}/{region}/{service}/aws4_request";
        string text = $"{Algorithm}\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        string signature = Convert.ToHexStringLower(Hash(Key(keys.Secret, scope), text));
        request.Headers.Authorization = new AuthenticationHeaderValue(Algorithm, $"Credential={keys.Id}/{scope}, SignedHeaders={signed}, Signature={signature}");
    }

    private static byte[] Key(string secret, string scope)
    {
        byte[] key = Encoding.UTF8.GetBytes($"AWS4{secret}");
        foreach (string part in scope.Split('/'))
        {
            key = Hash(key, part);
        }

        return key;
    }

    private static byte[] Hash(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Query(string query) => string.Join(
        '&',
        query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Contains('=', StringComparison.Ordinal) ? part : $"{part}=")
            .Order(StringComparer.Ordinal));
}
