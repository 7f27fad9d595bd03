using System.Globalization;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions;

/// <summary>Settings of one installation: the configuration section <c>Hpo</c> (environment variables <c>Hpo__…</c>), and <see cref="StorageOptions"/>.</summary>
public sealed record HpoOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Hpo";

    private const int ShortestTrialKey = 32;

    /// <summary>Storage account that holds everything; null: the journal in <see cref="DataFolder"/>.</summary>
    public StorageOptions? Storage { get; init; }

    /// <summary>Folder of the journal and of what runs on this machine.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Secret of this installation, at least 32 bytes: the tokens of trials are made from it.</summary>
    public required ReadOnlyMemory<byte> TrialKey { get; init; }

    /// <summary>Largest script archive, in MiB.</summary>
    /// <value>50.</value>
    public int MaxScriptsMiB { get; init; } = 50;

    /// <summary>Largest script archive when unpacked, in MiB.</summary>
    /// <value>500.</value>
    public int MaxUnpackedScriptsMiB { get; init; } = 500;

    /// <summary>Most entries in a script archive.</summary>
    /// <value>10,000.</value>
    public int MaxScriptEntries { get; init; } = 10_000;

    /// <summary>Largest checkpoint that a trial elsewhere may upload, in MiB.</summary>
    /// <value>1024.</value>
    public int MaxCheckpointMiB { get; init; } = 1024;

    /// <summary>Where trials elsewhere reach the HTTP API, without <c>/api</c>; null: they cannot, or the host knows.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Reads the sections <c>Hpo</c> and <c>HpoStorage</c>.</summary>
    /// <exception cref="InvalidInputException">Lists every setting that is missing or wrong.</exception>
    public static HpoOptions Read(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        List<Fault> faults = [];
        HpoOptions defaults = new() { TrialKey = ReadKey(section, faults) };
        HpoOptions options = defaults with
        {
            Storage = StorageOptions.Read(configuration.GetSection(StorageOptions.Section), faults),
            DataFolder = section[nameof(DataFolder)] is { Length: > 0 } folder ? folder : null,
            MaxScriptsMiB = ReadNumber(section, nameof(MaxScriptsMiB), defaults.MaxScriptsMiB, 1024, faults),
            MaxUnpackedScriptsMiB = ReadNumber(section, nameof(MaxUnpackedScriptsMiB), defaults.MaxUnpackedScriptsMiB, 1024, faults),
            MaxScriptEntries = ReadNumber(section, nameof(MaxScriptEntries), defaults.MaxScriptEntries, 10_000, faults),
            MaxCheckpointMiB = ReadNumber(section, nameof(MaxCheckpointMiB), defaults.MaxCheckpointMiB, 1 << 20, faults),
            PublicUrl = ReadUrl(section, nameof(PublicUrl), faults),
        };
        if (options.Storage is null && options.DataFolder is null)
        {
            faults.Add(new(StorageOptions.Section, null, $"or {Section}:{nameof(DataFolder)} must be given: experiments have to be kept somewhere"));
        }

        return faults.Count == 0 ? options : throw new InvalidInputException([.. faults]);
    }

    private static byte[] ReadKey(IConfigurationSection section, List<Fault> faults)
    {
        string path = $"{Section}:{nameof(TrialKey)}";
        string? text = section[nameof(TrialKey)];
        byte[] key = new byte[text?.Length ?? 0];
        if (string.IsNullOrEmpty(text))
        {
            faults.Add(new(path, null, $"is missing; it must be at least {ShortestTrialKey} random bytes in base64"));
        }
        else if (!Convert.TryFromBase64String(text, key, out int length) || length < ShortestTrialKey)
        {
            faults.Add(new(path, "(not shown)", $"must be at least {ShortestTrialKey} bytes in base64"));
        }
        else
        {
            return key[..length];
        }

        return [];
    }

    private static Uri? ReadUrl(IConfigurationSection section, string name, List<Fault> faults)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp))
        {
            return url;
        }

        faults.Add(new($"{Section}:{name}", text, "must be an address that begins with https:// or http://"));
        return null;
    }

    private static int ReadNumber(IConfigurationSection section, string name, int byDefault, int most, List<Fault> faults)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return byDefault;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most)
        {
            return number;
        }

        faults.Add(new($"{Section}:{name}", text, $"must be a whole number from 1 to {most}"));
        return byDefault;
    }
}
