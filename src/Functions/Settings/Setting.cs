using System.Collections.Immutable;
using System.Globalization;

namespace HpoServerless.Functions.Settings;

/// <summary>One setting of an installation.</summary>
/// <param name="Key">Its name in the configuration, parts joined with <c>:</c>; a part in braces stands for any name.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Meaning">What it is for, in one line.</param>
internal sealed record Setting(string Key, SettingKind Kind, string Meaning)
{
    /// <summary>Value where nothing is said; null where there is none.</summary>
    public string? Default { get; init; }

    /// <summary>Smallest number, or fewest bytes or characters.</summary>
    public int Least { get; init; }

    /// <summary>Largest number, or most characters.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>The words that a choice is among.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>Whether nobody may see the value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether the service does not start without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Its name as an environment variable or app setting.</summary>
    public string EnvironmentName => Key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>First part of its name.</summary>
    public string Section => Key.Split(':')[0];

    /// <summary>Its name without the section; empty where it is the section.</summary>
    public string Name => Key.Length > Section.Length ? Key[(Section.Length + 1)..] : string.Empty;

    /// <summary>Whether the name is a pattern.</summary>
    public bool IsPattern => Key.Contains('{', StringComparison.Ordinal);

    /// <summary>What the value must be, as the end of a sentence ("must be ...").</summary>
    public string Rule => Kind switch
    {
        SettingKind.Number => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Least} to {Most}"),
        SettingKind.Address => "an address that begins with https:// or http://",
        SettingKind.Base64 => string.Create(CultureInfo.InvariantCulture, $"at least {Least} bytes in base64"),
        SettingKind.Choice => string.Join(" or ", Choices),
        SettingKind.Name => string.Create(CultureInfo.InvariantCulture, $"{Least} to {Most} letters and digits, a letter first"),
        SettingKind.Account => string.Create(CultureInfo.InvariantCulture, $"{Least} to {Most} lower-case letters and digits"),
        _ => "a text",
    };

    /// <summary>The default of a number.</summary>
    public int DefaultNumber => int.Parse(Default ?? throw new InvalidOperationException($"the setting {Key} has no default"), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Whether this is the setting of that name in the configuration.</summary>
    public bool Matches(string key)
    {
        string[] parts = Key.Split(':');
        string[] given = key.Split(':');
        return parts.Length == given.Length
            && parts.Zip(given).All(pair => pair.First.StartsWith('{') ? pair.Second.Length > 0 : string.Equals(pair.First, pair.Second, StringComparison.OrdinalIgnoreCase));
    }
}
