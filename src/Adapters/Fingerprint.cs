using System.Security.Cryptography;
using System.Text;

namespace HpoServerless.Adapters;

/// <summary>Short names for long texts.</summary>
internal static class Fingerprint
{
    /// <summary>The first digits of the SHA-256 of a text, in lower-case hex.</summary>
    public static string Of(string text, int digits) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..digits];
}
