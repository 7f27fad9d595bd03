using System.Globalization;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Settings;

/// <summary>Reads settings by their declarations, and notes all that is missing, wrong or unknown.</summary>
/// <param name="configuration">Where they are.</param>
/// <param name="faults">Takes the faults.</param>
internal sealed class SettingReader(IConfiguration configuration, List<Fault> faults)
{
    private const string Hidden = "(not shown)";

    /// <summary>Whether anything is said in a section.</summary>
    public bool Has(string section) => configuration.GetSection(section) is var found && (found.Value is { Length: > 0 } || found.GetChildren().Any());

    public string? Text(Setting setting)
    {
        if (configuration[setting.Key] is { Length: > 0 } text)
        {
            return text;
        }

        if (setting.IsRequired)
        {
            faults.Add(new(setting.Key, null, $"is missing; it must be {setting.Rule}"));
        }

        return setting.Default;
    }

    /// <summary>A text that must be as its declaration says, whatever its kind; null where it is not.</summary>
    public string? Checked(Setting setting) => Read(setting, text => setting.Kind switch
    {
        SettingKind.Choice => setting.Choices.Contains(text) ? text : null,
        SettingKind.Name => Fits(text, setting) && char.IsAsciiLetter(text[0]) && text.All(char.IsAsciiLetterOrDigit) ? text : null,
        SettingKind.Account => Fits(text, setting) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) ? text : null,
        _ => text,
    });

    public int Number(Setting setting) => Read<int?>(setting, text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= setting.Least && number <= setting.Most ? number : null) ?? setting.DefaultNumber;

    /// <summary>A number that may be left out, under a name of the declaration's pattern.</summary>
    public int? Limit(Setting setting, string key) => Read<int?>(setting with { Key = key }, text =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= setting.Least && number <= setting.Most ? number : null);

    public Uri? Address(Setting setting) => Read(setting, text =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp) ? url : null);

    public byte[] Bytes(Setting setting) => Read(setting, text =>
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) && length >= setting.Least ? bytes[..length] : null;
    }) ?? [];

    /// <summary>Refuses what the service does not read: a mistyped name would have no effect, and nobody would notice.</summary>
    public void RefuseUnknown(string section)
    {
        Setting[] known = [.. ServiceSettings.All.Where(setting => setting.Section == section)];
        string[] names = [.. known.Select(setting => setting.Name).Where(name => name.Length > 0)];
        foreach ((string key, string? value) in configuration.GetSection(section).AsEnumerable())
        {
            if (value is not null && !known.Any(setting => setting.Matches(key)))
            {
                faults.Add(new(key, null, $"is not a setting of this service; {NearNames.Hint(key[Math.Min(section.Length + 1, key.Length)..], names)}"));
            }
        }
    }

    private static bool Fits(string text, Setting setting) => text.Length >= setting.Least && text.Length <= setting.Most;

    private T? Read<T>(Setting setting, Func<string, T?> parse)
    {
        if (Text(setting) is not { } text)
        {
            return default;
        }

        if (KeyVaultReference.IsIn(text))
        {
            faults.Add(new(setting.Key, null, KeyVaultReference.Rule));
            return default;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        faults.Add(new(setting.Key, setting.IsSecret ? Hidden : text, $"must be {setting.Rule}"));
        return default;
    }
}
