using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Access;

/// <summary>Who may do what in an installation, and how much.</summary>
public sealed record AccessOptions
{
    private const string Users = "Quotas:Users";
    private const string PriceSection = "Prices";

    /// <summary>Whether App Service authentication stands before this app and says who calls; without, only keys do.</summary>
    public bool IsBehindEntra { get; init; }

    /// <summary>Whether users see what belongs to others.</summary>
    /// <value>They do.</value>
    public bool ShowsAll { get; init; } = true;

    /// <summary>The keys.</summary>
    public AccessKeys Keys { get; init; } = AccessKeys.None;

    /// <summary>How much everybody may have who is no operator.</summary>
    public Quota Everybody { get; init; } = new();

    /// <summary>How much single users may have, operators included, by their ids as names of settings write them.</summary>
    public ImmutableDictionary<string, Quota> ByUser { get; init; } = ImmutableDictionary<string, Quota>.Empty;

    /// <summary>What an hour of a trial costs at a site, by the site's name.</summary>
    public ImmutableDictionary<string, double> Prices { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <summary>Days for which costs count.</summary>
    /// <value>30.</value>
    public int CostDays { get; init; } = AccessSettings.CostDays.DefaultNumber;

    /// <summary>Days for which the audit log is kept.</summary>
    /// <value>365.</value>
    public int AuditDays { get; init; } = AccessSettings.AuditDays.DefaultNumber;

    /// <summary>How much a caller may have.</summary>
    public Quota QuotaOf(Caller caller) =>
        ByUser.GetValueOrDefault(NameInSettings(caller.Id), new()).Or(caller.IsOperator ? new() : Everybody);

    /// <summary>Reads the settings.</summary>
    /// <param name="section">The section <c>Hpo</c>.</param>
    /// <param name="reader">Reads and notes faults.</param>
    /// <param name="faults">Takes what is wrong with keys.</param>
    internal static AccessOptions Read(IConfigurationSection section, SettingReader reader, List<Fault> faults)
    {
        AccessOptions options = ReadAll(section, reader, faults);
        if (options.Prices.IsEmpty && options.ByUser.Values.Append(options.Everybody).Any(quota => quota.Cost is not null))
        {
            faults.Add(new(section.GetSection(PriceSection).Path, null, "is missing: without a price of any site a quota of cost limits nobody, because an experiment costs what its own project says"));
        }

        return options;
    }

    private static AccessOptions ReadAll(IConfigurationSection section, SettingReader reader, List<Fault> faults) => new()
    {
        IsBehindEntra = reader.Checked(AccessSettings.Authentication) == "entra",
        ShowsAll = reader.Checked(AccessSettings.Visibility) != "own",
        Keys = AccessKeys.Read(section.GetSection(AccessKeys.Section), faults),
        Everybody = new(
            reader.Limit(AccessSettings.Experiments, AccessSettings.Experiments.Key),
            reader.Limit(AccessSettings.Trials, AccessSettings.Trials.Key),
            reader.Limit(AccessSettings.Cost, AccessSettings.Cost.Key)),
        ByUser = ReadUsers(section.GetSection(Users), reader, faults),
        Prices = section.GetSection(PriceSection).GetChildren().ToImmutableDictionary(site => site.Key, site => PriceOf(site, faults)),
        CostDays = reader.Number(AccessSettings.CostDays),
        AuditDays = reader.Number(AccessSettings.AuditDays),
    };

    /// <summary>Demands that prices are those of sites, and that there are some where costs are limited.</summary>
    /// <param name="sites">All sites.</param>
    /// <param name="faults">Takes the faults.</param>
    internal void CheckPrices(IReadOnlyCollection<string> sites, List<Fault> faults)
    {
        foreach (string site in Prices.Keys.Where(site => !sites.Contains(site, StringComparer.Ordinal)).Order(StringComparer.Ordinal))
        {
            faults.Add(new($"{HpoOptions.Section}:{PriceSection}:{site}", null, $"must be named like a site of this installation, in the same case ({string.Join(", ", sites)})"));
        }
    }

    private static ImmutableDictionary<string, Quota> ReadUsers(IConfigurationSection section, SettingReader reader, List<Fault> faults)
    {
        ImmutableDictionary<string, Quota>.Builder users = ImmutableDictionary.CreateBuilder<string, Quota>(StringComparer.OrdinalIgnoreCase);
        foreach (IConfigurationSection user in section.GetChildren())
        {
            Quota quota = new(
                reader.Limit(AccessSettings.UserExperiments, $"{user.Path}:Experiments"),
                reader.Limit(AccessSettings.UserTrials, $"{user.Path}:Trials"),
                reader.Limit(AccessSettings.UserCost, $"{user.Path}:Cost"));
            if (!users.TryAdd(NameInSettings(user.Key), quota))
            {
                faults.Add(new(user.Path, null, $"must not stand beside another name that is {NameInSettings(user.Key)} as well, when _ stands for what is no letter or digit: nobody could tell which counts"));
            }
        }

        return users.ToImmutable();
    }

    private static double PriceOf(IConfigurationSection site, List<Fault> faults)
    {
        if (double.TryParse(site.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double price) && double.IsFinite(price))
        {
            return price;
        }

        faults.Add(new(site.Path, site.Value, "must be a number of at least 0, such as 0.9"));
        return 0;
    }

    /// <summary>Names of settings are letters, digits and <c>_</c> on some platforms.</summary>
    private static string NameInSettings(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
