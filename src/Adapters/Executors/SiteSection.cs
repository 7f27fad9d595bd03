using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors;

/// <summary>Reads the options of one site, and notes all that is missing, wrong or unknown.</summary>
/// <param name="section">The section of the site.</param>
/// <param name="faults">Takes the faults.</param>
internal sealed class SiteSection(IConfigurationSection section, List<Fault> faults)
{
    private static readonly Uri Missing = new("https://missing.invalid");

    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase) { SiteRegistry.TypeKey };

    /// <summary>A text that must be there.</summary>
    public string Text(string name)
    {
        if (TextOrNull(name) is { } text)
        {
            return text;
        }

        Fault(name, null, "is missing");
        return "missing";
    }

    public string? TextOrNull(string name)
    {
        _known.Add(name);
        return section[name] is { Length: > 0 } text ? text : null;
    }

    /// <summary>A text that may be left out, but not empty.</summary>
    public string? TextIfGiven(string name)
    {
        if (section[name] is { Length: 0 })
        {
            Fault(name, "\"\"", "must not be empty; leave it out for the usual one");
        }

        return TextOrNull(name);
    }

    /// <summary>Whether something is wanted; not if nothing is said.</summary>
    public bool Flag(string name)
    {
        if (TextOrNull(name) is not { } text)
        {
            return false;
        }

        if (bool.TryParse(text, out bool flag))
        {
            return flag;
        }

        Fault(name, text, "must be true or false");
        return false;
    }

    /// <summary>The texts of a list or an object, with their keys. A single text is a list of one.</summary>
    public IEnumerable<(string Key, string Text)> Children(string name)
    {
        _known.Add(name);
        IConfigurationSection list = section.GetSection(name);
        return list.Value is { Length: > 0 } only ? [("0", only)] : list.GetChildren().Select(child => (child.Key, child.Value ?? string.Empty));
    }

    /// <summary>An address that must be there.</summary>
    public Uri Address(string name)
    {
        if (TextOrNull(name) is null)
        {
            Fault(name, null, "is missing");
        }

        return AddressOrNull(name) ?? Missing;
    }

    /// <param name="name">Its key.</param>
    /// <param name="loopback">Whether it may be plain http where it stays on this machine.</param>
    public Uri? AddressOrNull(string name, bool loopback = false)
    {
        if (TextOrNull(name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && (address.Scheme == Uri.UriSchemeHttps || (loopback && address.IsLoopback && address.Scheme == Uri.UriSchemeHttp)))
        {
            return address;
        }

        Fault(name, text, "must be an https address");
        return null;
    }

    public int? Number(string name, int least, int most)
    {
        if (TextOrNull(name) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(name, text, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}"));
        return null;
    }

    /// <summary>A number that need not be whole.</summary>
    public double? Decimal(string name, double least, double most)
    {
        if (TextOrNull(name) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(name, text, string.Create(CultureInfo.InvariantCulture, $"must be a number from {least} to {most}"));
        return null;
    }

    /// <summary>Environment variables.</summary>
    public ImmutableSortedDictionary<string, string> Variables(string name)
    {
        if (section.GetSection(name).Value is { Length: > 0 })
        {
            _known.Add(name);
            Fault(name, "(not shown)", "must be an object of names and texts");
            return ImmutableSortedDictionary<string, string>.Empty;
        }

        ImmutableSortedDictionary<string, string>.Builder variables = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach ((string variable, string value) in Children(name))
        {
            if (variable.Length == 0 || char.IsAsciiDigit(variable[0]) || !variable.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                faults.Add(new($"{section.Path}:{name}:{variable}", "(not shown)", "must have a name of letters, digits and _ that begins with no digit"));
            }

            variables[variable] = value;
        }

        return variables.ToImmutable();
    }

    /// <summary>A length of time, up to 30 days.</summary>
    public TimeSpan? Seconds(string name)
    {
        const double Longest = 30 * 86_400;
        if (TextOrNull(name) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and <= Longest)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        Fault(name, text, string.Create(CultureInfo.InvariantCulture, $"must be a number of seconds from 0 to {Longest}"));
        return null;
    }

    /// <summary>Refuses what was not asked for.</summary>
    public void Done()
    {
        foreach (IConfigurationSection child in section.GetChildren().Where(child => !_known.Contains(child.Key)))
        {
            Fault(child.Key, null, $"is not an option of this type of site; known: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    private void Fault(string name, string? value, string rule) => faults.Add(new($"{section.Path}:{name}", value, rule));
}
