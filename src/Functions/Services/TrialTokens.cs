using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HpoServerless.Functions.Services;

/// <summary>Tokens that let a trial write its own reports and nothing else: HMAC-SHA256 over experiment and trial. Nothing needs to be stored.</summary>
public sealed class TrialTokens(HpoOptions options)
{
    /// <summary>The token of a trial, in base64url.</summary>
    public string Issue(string experiment, int trial) => Base64Url.EncodeToString(Sign(experiment, trial));

    /// <summary>Whether a token is that of the trial. Takes the same time whatever the token is.</summary>
    public bool IsValid(string token, string experiment, int trial)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        given.Clear();
        bool isReadable = token.Length <= 2 * HMACSHA256.HashSizeInBytes && Base64Url.IsValid(token, out int length)
            && length == HMACSHA256.HashSizeInBytes && Base64Url.TryDecodeFromChars(token, given, out _);
        return CryptographicOperations.FixedTimeEquals(given, Sign(experiment, trial)) && isReadable;
    }

    private byte[] Sign(string experiment, int trial) =>
        HMACSHA256.HashData(options.TrialKey.Span, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"trial/{experiment}/{trial}")));
}
