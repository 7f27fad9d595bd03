using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Http;

namespace HpoServerless.Functions.Access;

/// <summary>Closes what a store says about where a page ended, because that may be at something that the caller does not see.</summary>
public sealed class ContinuationSeal(HpoOptions options)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, options.TrialKey.ToArray(), 32, info: "continuation"u8.ToArray());

    /// <summary>What the caller gets; only the same caller can come back with it.</summary>
    public string? Close(string? continuation, Caller by)
    {
        if (continuation is null)
        {
            return null;
        }

        byte[] text = Encoding.UTF8.GetBytes(continuation);
        byte[] sealedText = new byte[NonceBytes + TagBytes + text.Length];
        RandomNumberGenerator.Fill(sealedText.AsSpan(0, NonceBytes));
        using AesGcm aes = new(_key, TagBytes);
        aes.Encrypt(sealedText.AsSpan(0, NonceBytes), text, sealedText.AsSpan(NonceBytes + TagBytes), sealedText.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(by.Id));
        return Base64Url.EncodeToString(sealedText);
    }

    /// <summary>What the store said.</summary>
    /// <exception cref="InvalidInputException">It is not one that was given out to this caller.</exception>
    public string? Open(string? given, Caller by)
    {
        if (given is null)
        {
            return null;
        }

        try
        {
            byte[] sealedText = Base64Url.DecodeFromChars(given);
            byte[] text = new byte[Math.Max(0, sealedText.Length - NonceBytes - TagBytes)];
            using AesGcm aes = new(_key, TagBytes);
            aes.Decrypt(sealedText.AsSpan(0, NonceBytes), sealedText.AsSpan(NonceBytes + TagBytes), sealedText.AsSpan(NonceBytes, TagBytes), text, Encoding.UTF8.GetBytes(by.Id));
            return Encoding.UTF8.GetString(text);
        }
        catch (Exception error) when (error is FormatException or CryptographicException or ArgumentOutOfRangeException)
        {
            throw new InvalidInputException(new Fault(PageQuery.Continuation, given, "must be one that was given out to you: follow nextLink as it is"));
        }
    }
}
