using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace HpoServerless.LocalHost;

/// <summary>The secrets of one installation.</summary>
/// <param name="Master">Opens everything.</param>
/// <param name="Function">Opens what people use: all functions but those for administrators.</param>
/// <param name="TrialKey">Tokens of trials are made from it; base64.</param>
public sealed record HostKeys(
    [property: JsonPropertyName("master")] string Master,
    [property: JsonPropertyName("function")] string Function,
    [property: JsonPropertyName("trialKey")] string TrialKey)
{
    private const int Length = 40;

    /// <summary>New random keys.</summary>
    public static HostKeys Create() =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length)), Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)));

    /// <summary>Says what it is, not what it holds.</summary>
    public override string ToString() => nameof(HostKeys);
}
