using System.Collections.Immutable;
using HpoServerless.Adapters.Executors;

namespace HpoServerless.Functions.Settings;

/// <summary>Every setting that the service reads. It reads no other, and refuses names in its sections that are not here.</summary>
/// <remarks>The options of a site are those of its type, which refuses the others itself.</remarks>
internal static class ServiceSettings
{
    public static readonly Setting Storage = new(StorageOptions.Section, SettingKind.Text, "connection string of the storage account, where no identity is used") { IsSecret = true };

    public static readonly Setting StorageConnection = new(StorageOptions.Section + ":connectionString", SettingKind.Text, "the same") { IsSecret = true };

    public static readonly Setting StorageAccount = new(StorageOptions.Section + ":accountName", SettingKind.Account, "storage account that is reached with an identity") { Least = 3, Most = 24 };

    public static readonly Setting StorageTables = new(StorageOptions.Section + ":tableServiceUri", SettingKind.Address, "its tables, where the account's name does not say it");

    public static readonly Setting StorageBlobs = new(StorageOptions.Section + ":blobServiceUri", SettingKind.Address, "its blobs, likewise");

    public static readonly Setting StorageQueues = new(StorageOptions.Section + ":queueServiceUri", SettingKind.Address, "its queues, likewise");

    public static readonly Setting StorageCredential = new(StorageOptions.Section + ":credential", SettingKind.Choice, "whose identity: the app's own; else whoever is signed in") { Choices = [StorageOptions.ManagedIdentity] };

    public static readonly Setting StorageClientId = new(StorageOptions.Section + ":clientId", SettingKind.Text, "client id of a user-assigned identity");

    public static readonly Setting TrialKey = new(HpoOptions.Section + ":" + nameof(HpoOptions.TrialKey), SettingKind.Base64, "random bytes; the tokens of trials are made from it")
    {
        Least = 32,
        IsSecret = true,
        IsRequired = true,
    };

    public static readonly Setting DataFolder = new(HpoOptions.Section + ":" + nameof(HpoOptions.DataFolder), SettingKind.Text, "folder of the journals, where there is no storage account");

    public static readonly Setting MaxScriptsMiB = new(HpoOptions.Section + ":" + nameof(HpoOptions.MaxScriptsMiB), SettingKind.Number, "largest script archive") { Default = "50", Least = 1, Most = 1024 };

    public static readonly Setting MaxUnpackedScriptsMiB = new(HpoOptions.Section + ":" + nameof(HpoOptions.MaxUnpackedScriptsMiB), SettingKind.Number, "the same when unpacked") { Default = "500", Least = 1, Most = 1024 };

    public static readonly Setting MaxScriptEntries = new(HpoOptions.Section + ":" + nameof(HpoOptions.MaxScriptEntries), SettingKind.Number, "most entries in it") { Default = "10000", Least = 1, Most = 10_000 };

    public static readonly Setting MaxCheckpointMiB = new(HpoOptions.Section + ":" + nameof(HpoOptions.MaxCheckpointMiB), SettingKind.Number, "largest checkpoint that a trial elsewhere may upload") { Default = "1024", Least = 1, Most = 1 << 20 };

    public static readonly Setting PublicUrl = new(HpoOptions.Section + ":" + nameof(HpoOptions.PublicUrl), SettingKind.Address, "where trials elsewhere reach the HTTP API, without `/api`");

    public static readonly Setting TaskHub = new("HpoTaskHub", SettingKind.Name, "task hub of Durable Functions, read by their host: another one for each app that shares its storage account") { Least = 3, Most = 45 };

    public static readonly Setting SiteType = new(SiteRegistry.Section + ":{site}:type", SettingKind.Choice, "type of a site") { Choices = SiteRegistry.TypeNames };

    public static readonly Setting SiteOption = new(SiteRegistry.Section + ":{site}:{option}", SettingKind.Text, "an option of that type, see below");

    public static readonly Setting SiteListed = new(SiteRegistry.Section + ":{site}:{option}:{number}", SettingKind.Text, "an element of an option that is a list");

    public static readonly Setting SiteVariable = new(SiteRegistry.Section + ":{site}:env:{name}", SettingKind.Text, "environment variable of the trials at that site") { IsSecret = true };

    public static readonly Setting PandaToken = new("PANDA_AUTH_ID_TOKEN", SettingKind.Text, "token of `panda` sites with `auth` `oidc`, where it is in no file") { IsSecret = true };

    public static readonly Setting OidcToken = new("OIDC_AUTH_ID_TOKEN", SettingKind.Text, "the same, its older name") { IsSecret = true };

    public static readonly Setting Collector = new("OTEL_EXPORTER_OTLP_ENDPOINT", SettingKind.Address, "collector of OpenTelemetry (OTLP) to which spans, metrics and logs go; the other `OTEL_` variables count as well");

    public static readonly Setting ApplicationInsights = new("APPLICATIONINSIGHTS_CONNECTION_STRING", SettingKind.Text, "Application Insights, to which spans and metrics go, signed with the app's identity") { IsSecret = true };

    public static readonly Setting ApplicationInsightsIdentity = new("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", SettingKind.Text, "whose identity: `ClientId=ID;Authorization=AAD`, or `Authorization=AAD` for the app's own");

    /// <summary>Limits of what is sent.</summary>
    public static readonly ImmutableArray<Setting> Limits = [MaxScriptsMiB, MaxUnpackedScriptsMiB, MaxScriptEntries, MaxCheckpointMiB];

    /// <summary>All of them, in the order of the documentation.</summary>
    public static readonly ImmutableArray<Setting> All =
    [
        Storage, StorageConnection, StorageAccount, StorageTables, StorageBlobs, StorageQueues, StorageCredential, StorageClientId,
        TrialKey, DataFolder, .. Limits, PublicUrl,
        TaskHub,
        .. AccessSettings.All,
        SiteType, SiteVariable, SiteOption, SiteListed, PandaToken, OidcToken,
        Collector, ApplicationInsights, ApplicationInsightsIdentity,
    ];

    /// <summary>The setting that an environment variable or app setting gives; null where the service reads none of that name.</summary>
    public static Setting? Find(string environmentName)
    {
        string key = environmentName.Replace("__", ":", StringComparison.Ordinal);
        return All.FirstOrDefault(setting => setting.Matches(key));
    }
}
