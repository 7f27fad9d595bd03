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
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "keys.json";

    private const int Length = 40;

    /// <summary>New random keys.</summary>
    public static HostKeys Create() =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length)), Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)));

    /// <summary>The keys of a data folder, for callers on the same machine; null where it has none.</summary>
    /// <exception cref="Engine.Errors.CorruptDataException">The file is there and is no key file.</exception>
    public static HostKeys? Find(string dataFolder) => KeyFile.Find(dataFolder);

    /// <summary>Says what it is, not what it holds.</summary>
    public override string ToString() => nameof(HostKeys);
}
