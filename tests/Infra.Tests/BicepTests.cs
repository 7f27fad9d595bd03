using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Infra.Tests;

/// <summary>The Bicep files are whole, consistent and closed.</summary>
public sealed partial class BicepTests
{
    /// <summary>Versions that exist in the published types of the resource providers.</summary>
    private static readonly Dictionary<string, string> ApiVersions = new()
    {
        ["Microsoft.Authorization/roleAssignments"] = "2022-04-01",
        ["Microsoft.Batch/batchAccounts"] = "2024-07-01",
        ["Microsoft.Batch/batchAccounts/pools"] = "2024-07-01",
        ["Microsoft.Consumption/budgets"] = "2024-08-01",
        ["Microsoft.ContainerRegistry/registries"] = "2025-04-01",
        ["Microsoft.DurableTask/schedulers"] = "2025-11-01",
        ["Microsoft.DurableTask/schedulers/taskHubs"] = "2025-11-01",
        ["Microsoft.Insights/actionGroups"] = "2023-01-01",
        ["Microsoft.Insights/components"] = "2020-02-02",
        ["Microsoft.Insights/scheduledQueryRules"] = "2023-12-01",
        ["Microsoft.KeyVault/vaults"] = "2024-11-01",
        ["Microsoft.ManagedIdentity/userAssignedIdentities"] = "2024-11-30",
        ["Microsoft.Network/natGateways"] = "2024-05-01",
        ["Microsoft.Network/networkSecurityGroups"] = "2024-05-01",
        ["Microsoft.Network/privateDnsZones"] = "2020-06-01",
        ["Microsoft.Network/privateDnsZones/virtualNetworkLinks"] = "2020-06-01",
        ["Microsoft.Network/privateEndpoints"] = "2024-05-01",
        ["Microsoft.Network/privateEndpoints/privateDnsZoneGroups"] = "2024-05-01",
        ["Microsoft.Network/publicIPAddresses"] = "2024-05-01",
        ["Microsoft.Network/virtualNetworks"] = "2024-05-01",
        ["Microsoft.OperationalInsights/workspaces"] = "2025-02-01",
        ["Microsoft.Resources/resourceGroups"] = "2024-11-01",
        ["Microsoft.Storage/storageAccounts"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/blobServices"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/blobServices/containers"] = "2024-01-01",
        ["Microsoft.Storage/storageAccounts/managementPolicies"] = "2024-01-01",
        ["Microsoft.Web/serverfarms"] = "2024-11-01",
        ["Microsoft.Web/sites"] = "2024-11-01",
        ["Microsoft.Web/sites/config"] = "2024-11-01",
    };

    /// <summary>Built-in roles of Azure.</summary>
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["storageBlobDataOwner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["storageBlobDataContributor"] = "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        ["storageBlobDataReader"] = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        ["storageQueueDataContributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        ["storageTableDataContributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["monitoringMetricsPublisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
        ["batchDataContributor"] = "6aaa78f1-f7de-44ca-8722-c64a23943cae",
        ["batchJobSubmitter"] = "48e5e92e-a480-4e71-aa9c-2778f4c13781",
        ["acrPull"] = "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        ["keyVaultSecretsOfficer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        ["keyVaultSecretsUser"] = "4633458b-17de-408a-b874-0445c86b69e6",
        ["durableTaskDataContributor"] = "0ad04412-c4d5-4796-b79c-f76d14c8d402",
    };

    public static TheoryData<string> Names => [.. BicepFile.All.Select(file => file.Name)];

    /// <summary>What every resource of a type must say.</summary>
    public static TheoryData<string, string, string> Closed => new()
    {
        { "Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess", "false" },
        { "Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess", "false" },
        { "Microsoft.Storage/storageAccounts", "properties.defaultToOAuthAuthentication", "true" },
        { "Microsoft.Storage/storageAccounts", "properties.minimumTlsVersion", "TLS1_2" },
        { "Microsoft.Storage/storageAccounts", "properties.supportsHttpsTrafficOnly", "true" },
        { "Microsoft.Storage/storageAccounts/blobServices/containers", "properties.publicAccess", "None" },
        { "Microsoft.Insights/components", "properties.DisableLocalAuth", "true" },
        { "Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", "true" },
        { "Microsoft.Batch/batchAccounts", "properties.allowedAuthenticationModes", "['AAD']" },
        { "Microsoft.ContainerRegistry/registries", "properties.adminUserEnabled", "false" },
        { "Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true" },
        { "Microsoft.Web/sites", "properties.httpsOnly", "true" },
        { "Microsoft.Web/sites", "properties.siteConfig.minTlsVersion", "1.2" },
        { "Microsoft.Web/sites", "properties.siteConfig.ftpsState", "Disabled" },
        { "Microsoft.Web/sites", "properties.functionAppConfig.runtime.name", "dotnet-isolated" },
        { "Microsoft.Web/sites", "properties.functionAppConfig.runtime.version", "10.0" },
        { "Microsoft.Web/sites", "properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void File_followsTheRules(string name)
    {
        BicepFile file = BicepFile.Module(name);

        string[] faults =
        [
            .. BicepRules.Syntax(file), .. BicepRules.Descriptions(file), .. BicepRules.Uses(file), .. BicepRules.SecureParameters(file), .. BicepRules.FetchesNoSecret(file),
            .. BicepRules.ApiVersions(file, ApiVersions), .. BicepRules.Tags(file), .. BicepRules.RoleIds(file), .. BicepRules.Modules(file, BicepFile.All),
        ];

        Assert.Empty(faults);
    }

    [Fact]
    public void EveryModule_isUsed() => Assert.Equal(
        BicepFile.All.Select(file => file.File).Where(path => path != BicepFile.Main.File).Order(StringComparer.Ordinal),
        BicepFile.All.SelectMany(file => file.Of("module").Select(module => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file.File)!, module.Target!)))).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Main_composesModulesOnly()
    {
        Assert.Equal("subscription", BicepFile.Main.TargetScope);
        Assert.Equal(["Microsoft.Resources/resourceGroups"], BicepFile.Main.Of("resource").Select(resource => resource.Type));
    }

    [Theory]
    [MemberData(nameof(Closed))]
    public void EveryResource_isClosed(string type, string property, string value)
    {
        Declaration[] resources = [.. BicepFile.All.SelectMany(file => file.Of("resource")).Where(resource => resource.Type == type && !resource.Existing)];

        Assert.NotEmpty(resources);
        Assert.All(resources, resource => Assert.Equal(value, resource.PropertyOf(property)));
    }

    [Fact]
    public void Roles_areThoseOfAzure() => Assert.Equal(Roles.OrderBy(r => r.Key, StringComparer.Ordinal), Json("roles.json").OrderBy(r => r.Key, StringComparer.Ordinal));

    [Fact]
    public void Roles_areKnownAndAllUsed()
    {
        string[] used =
        [
            .. BicepFile.All.SelectMany(file => RoleUse.Matches(file.Text)).Select(match => match.Groups["role"].Value).Distinct().Order(StringComparer.Ordinal),
        ];

        Assert.Equal(Roles.Keys.Order(StringComparer.Ordinal), used);
    }

    [Fact]
    public void DevelopersGetRoles_onlyWhereTheyAreSwitchedOn()
    {
        Assert.Equal("developerRoles && principalType == 'User' ? principalId : ''", BicepFile.Main.Get("var", "developerId").Value);
        Assert.Contains("param developerRoles bool = false", BicepFile.Main.Text, StringComparison.Ordinal);
        Assert.All(
            BicepFile.All.SelectMany(file => file.Of("resource")).Where(r => r.Type == "Microsoft.Authorization/roleAssignments" && r.PropertyOf("properties.principalId") == "developerId"),
            resource => Assert.StartsWith("developer", resource.Symbol, StringComparison.Ordinal));
    }

    /// <summary>The token of names has 13 characters.</summary>
    [Theory]
    [InlineData("hostStorage", 24, true)]
    [InlineData("dataStorage", 24, true)]
    [InlineData("batch", 24, true)]
    [InlineData("registry", 50, true)]
    [InlineData("vault", 24, false)]
    [InlineData("functionApp", 60, false)]
    [InlineData("scheduler", 64, false)]
    public void Names_fit(string resource, int most, bool plain)
    {
        string prefix = Json("abbreviations.json")[resource];

        Assert.InRange(prefix.Length + 13, 3, most);
        Assert.Matches(plain ? "^[a-z][a-z0-9]*$" : "^[a-z][a-z0-9-]*$", prefix);
    }

    [Fact]
    public void Abbreviations_areAllUsed() =>
        Assert.Equal(Json("abbreviations.json").Keys.Order(StringComparer.Ordinal), Regex.Matches(BicepFile.Main.Text, @"\{abbreviations\.(\w+)", RegexOptions.None, TimeSpan.FromSeconds(10)).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Outputs_areNamesOfTheEnvironmentAndNoSecrets() => Assert.All(BicepFile.Main.Of("output"), output =>
    {
        Assert.Matches("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", output.Symbol);
        Assert.DoesNotContain("insightsAddress", output.Value!, StringComparison.Ordinal);
        Assert.DoesNotContain("onnection", output.Value!, StringComparison.Ordinal);
    });

    /// <summary>Every service of a storage account has one switch: for settings, roles and private endpoints.</summary>
    [Theory]
    [InlineData("blob")]
    [InlineData("queue")]
    [InlineData("table")]
    public void StorageServices_haveOneSwitch(string service)
    {
        BicepFile storage = BicepFile.Module("storage.bicep");
        string use = $"services.{service} ?";

        Assert.Contains(use, storage.Get("var", "groups").Value, StringComparison.Ordinal);
        Assert.Contains(use, storage.Get("var", "roleNames").Value, StringComparison.Ordinal);
        Assert.Contains(use, storage.Get("output", "connection").Value, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Json(string file) => JsonSerializer.Deserialize<Dictionary<string, string>>(Files.Text("infra", file))!;

    [GeneratedRegex(@"\broles\.(?!json)(?<role>\w+)|'(?<role>storage(?:Blob|Queue|Table)Data\w+)'")]
    private static partial Regex RoleUse { get; }
}
