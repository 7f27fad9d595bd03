using System.Collections.Immutable;

namespace HpoServerless.Functions.Settings;

/// <summary>The settings that say who may do what, and how much.</summary>
internal static class AccessSettings
{
    private const string Hpo = HpoOptions.Section;
    private const int MostExperiments = 200;
    private const int MostTrials = 1_000_000;
    private const int MostCost = 1_000_000_000;

    public static readonly Setting Authentication = new(Hpo + ":Authentication", SettingKind.Choice, "who says who calls: keys alone, or App Service authentication with Microsoft Entra ID before this app as well; never say `entra` where it is not") { Choices = ["keys", "entra"], Default = "keys" };

    public static readonly Setting Key = new(Hpo + ":Keys:{name}", SettingKind.Text, "key of a user of that name: `role:key`, or `role:key,key` while one follows the other; roles are `reader`, `submitter`, `operator`, `worker`") { IsSecret = true };

    public static readonly Setting Visibility = new(Hpo + ":Visibility", SettingKind.Choice, "whether users see each other's projects and experiments, or their own alone; operators see all") { Choices = ["all", "own"], Default = "all" };

    public static readonly Setting Experiments = new(Hpo + ":Quotas:Experiments", SettingKind.Number, "most experiments of a user that have not ended") { Most = MostExperiments };

    public static readonly Setting Trials = new(Hpo + ":Quotas:Trials", SettingKind.Number, "most trials of a user at once: sum of `max_concurrent` of these experiments") { Most = MostTrials };

    public static readonly Setting Cost = new(Hpo + ":Quotas:Cost", SettingKind.Number, "most that a user's experiments may cost within `Hpo__Quotas__CostDays`, in the unit of `cost_per_hour`; experiments at sites that cost something must then say `max_cost`, and a site must have a price (`Hpo__Prices__{site}`)") { Most = MostCost };

    public static readonly Setting CostDays = new(Hpo + ":Quotas:CostDays", SettingKind.Number, "days for which what an experiment cost counts") { Least = 1, Most = 366, Default = "30" };

    public static readonly Setting UserExperiments = new(Hpo + ":Quotas:Users:{user}:Experiments", SettingKind.Number, "the same for one user: name of its key, or object id in Entra; in the name of the setting `_` stands for what is no letter or digit") { Most = MostExperiments };

    public static readonly Setting UserTrials = new(Hpo + ":Quotas:Users:{user}:Trials", SettingKind.Number, "likewise") { Most = MostTrials };

    public static readonly Setting UserCost = new(Hpo + ":Quotas:Users:{user}:Cost", SettingKind.Number, "likewise") { Most = MostCost };

    public static readonly Setting Price = new(Hpo + ":Prices:{site}", SettingKind.Text, "what an hour of a trial at that site costs, a number; the site is one of this installation, in the same case; users who have a quota of cost must then say at least that as `cost_per_hour`");

    public static readonly Setting AuditDays = new(Hpo + ":AuditDays", SettingKind.Number, "days for which the audit log is kept") { Least = 1, Most = 3650, Default = "365" };

    /// <summary>All of them, in the order of the documentation.</summary>
    public static readonly ImmutableArray<Setting> All =
        [Authentication, Key, Visibility, Experiments, Trials, Cost, CostDays, UserExperiments, UserTrials, UserCost, Price, AuditDays];
}
