using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Infra.Tests;

/// <summary>The app settings of the installation are those that the code reads.</summary>
public sealed class SettingsTests
{
    /// <summary>What the platform itself reads.</summary>
    private static readonly string[] Platform =
    [
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
        "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
        "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__credential",
    ];

    /// <summary>Settings for other installations: with keys instead of an identity, with an account's name instead of addresses, without a storage account, with a collector in place of Application Insights.</summary>
    private static readonly Setting[] Elsewhere =
    [
        ServiceSettings.Storage, ServiceSettings.StorageConnection, ServiceSettings.StorageAccount, ServiceSettings.DataFolder, ServiceSettings.PandaToken, ServiceSettings.OidcToken,
        ServiceSettings.Collector,
        ServiceSettings.Collector,
    ];

    /// <summary>The front end takes bodies of about 100 MB.</summary>
    private const int LargestBodyMiB = 95;

    private static readonly string[] Set = [.. AllThatAreSet().Distinct().Order(StringComparer.Ordinal)];

    [Fact]
    public void EverySettingThatTheCodeReads_isSet() => Assert.Empty(
        ServiceSettings.All.Except(Elsewhere).Where(setting => !setting.IsPattern && !Set.Contains(setting.EnvironmentName)).Select(setting => setting.EnvironmentName));

    [Fact]
    public void EverySettingThatIsSet_isReadBySomebody() =>
        Assert.All(Set.Except(Platform), name => Assert.NotNull(ServiceSettings.Find(name)));

    [Fact]
    public void PlatformSettings_areAllSet() => Assert.Empty(Platform.Except(Set));

    [Fact]
    public void Sites_areReadWithoutFault()
    {
        Assert.Contains("Sites__gpu__harness", Set);
        IConfiguration configuration = Configuration();
        List<Fault> faults = [];

        Assert.Equal(2, SiteRegistry.Read(configuration, faults).Length);
        Assert.Empty(faults);
    }

    [Fact]
    public void Settings_areReadWithoutFault()
    {
        HpoOptions options = HpoOptions.Read(Configuration());

        Assert.Equal("managedidentity", options.Storage!.Credential);
        Assert.NotNull(options.PublicUrl);
        Assert.Equal(["cpu", "gpu"], options.Access.Prices.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>A number that the template accepts is one that the code accepts.</summary>
    [Fact]
    public void Numbers_haveTheLimitsOfTheCode() => Assert.All(ServiceSettings.All.Where(setting => setting.Kind == SettingKind.Number && !setting.IsPattern), setting =>
    {
        string name = setting.Name.Replace("Quotas:", "Quota", StringComparison.Ordinal);
        Declaration parameter = BicepFile.Main.Get("param", char.ToLowerInvariant(name[0]) + name[1..]);

        // Numbers that may be left out are texts. What comes in one body is held by the front end of the platform as well.
        if (setting.Default is not null)
        {
            int most = setting == ServiceSettings.MaxScriptsMiB || setting == ServiceSettings.MaxCheckpointMiB ? LargestBodyMiB : setting.Most;
            Assert.InRange(most, setting.Least, setting.Most);
            Assert.Equal(setting.Least.ToString(CultureInfo.InvariantCulture), parameter.Limit("minValue"));
            Assert.Equal(most.ToString(CultureInfo.InvariantCulture), parameter.Limit("maxValue"));
        }
    });

    [Fact]
    public void Choices_areThoseOfTheCode() =>
        Assert.Equal(ServiceSettings.Find("Hpo__Visibility")!.Choices, Regex.Matches(BicepFile.Main.Get("param", "visibility").Limit("allowed")!, @"\w+", RegexOptions.None, TimeSpan.FromSeconds(10)).Select(match => match.Value));

    [Fact]
    public void Secrets_comeFromTheVault()
    {
        string app = BicepFile.Module("function-app.bicep").Text;

        Assert.Contains("Hpo__TrialKey: '@Microsoft.KeyVault(SecretUri=${vaultAddress}secrets/${trialKeyName})'", app, StringComparison.Ordinal);
        Assert.Contains("user => '@Microsoft.KeyVault(SecretUri=${vaultAddress}secrets/hpo-key-${user})'", app, StringComparison.Ordinal);
        Assert.All(Set.Except(Platform).Where(name => ServiceSettings.Find(name)!.IsSecret), name => Assert.Matches("^Hpo__(TrialKey|Keys__admin)$", name));
    }

    /// <summary>The app trusts the headers of a sign-in only where one stands before it.</summary>
    [Fact]
    public void SignIn_isThereBeforeTheAppTrustsIt()
    {
        BicepFile app = BicepFile.Module("function-app.bicep");

        Assert.Contains("Hpo__Authentication: empty(entraClientId) ? 'keys' : 'entra'", app.Text, StringComparison.Ordinal);
        Assert.Contains("module signIn 'sign-in.bicep' = if (!empty(entraClientId))", app.Text, StringComparison.Ordinal);
        Assert.Equal("[signIn]", app.Get("resource", "appSettings").PropertyOf("dependsOn"));
    }

    /// <summary>Who takes the client id away switches the sign-in off, once the app no longer trusts it.</summary>
    [Fact]
    public void SignIn_isSwitchedOffAfterTheApp()
    {
        BicepFile app = BicepFile.Module("function-app.bicep");

        Assert.Contains("module noSignIn 'sign-in.bicep' = if (empty(entraClientId))", app.Text, StringComparison.Ordinal);
        Assert.Equal("[site::appSettings]", app.Get("module", "noSignIn").PropertyOf("dependsOn"));
        Assert.Equal("!empty(clientId)", BicepFile.Module("sign-in.bicep").Get("resource", "settings").PropertyOf("properties.platform.enabled"));
    }

    [Fact]
    public void AppRoles_areRolesOfTheApp()
    {
        IEnumerable<string> roles = JsonNode.Parse(Files.Text("infra", "app-roles.json"))!.AsArray().Select(role => (string)role!["value"]!);

        Assert.All(roles, role => Assert.NotEqual(Roles.None, Caller.RoleOf(role)));
        Assert.Equal(["operator", "reader", "submitter", "worker"], roles.Order(StringComparer.Ordinal));
    }

    private static IConfiguration Configuration() => new ConfigurationBuilder()
        .AddInMemoryCollection(Set.Except(Platform).Select(name => KeyValuePair.Create(name.Replace("__", ":", StringComparison.Ordinal), (string?)Sample(name)))).Build();

    private static string Sample(string name) => name switch
    {
        "Hpo__Keys__admin" => "operator:" + new string('k', 64),
        _ when name.StartsWith("Hpo__Prices__", StringComparison.Ordinal) => "0.9",
        "Hpo__TrialKey" => Convert.ToBase64String(new byte[48]),
        _ when name.EndsWith("__credential", StringComparison.Ordinal) => "managedidentity",
        _ when name.EndsWith("__type", StringComparison.Ordinal) => "batch",
        _ when name.EndsWith("__maxTrials", StringComparison.Ordinal) => "12",
        _ when name.EndsWith("Uri", StringComparison.Ordinal) || name.EndsWith("Url", StringComparison.Ordinal) || name.EndsWith("__harness", StringComparison.Ordinal) || name.EndsWith("__endpoint", StringComparison.Ordinal) => "https://some.example/",
        _ when ServiceSettings.Find(name) is { Kind: SettingKind.Number } number => number.Default ?? "7",
        _ when ServiceSettings.Find(name) is { Kind: SettingKind.Choice } choice => choice.Choices[0],
        _ => "text",
    };

    private static IEnumerable<string> AllThatAreSet()
    {
        BicepFile app = BicepFile.Module("function-app.bicep");
        string[] connection = [.. Regex.Matches(BicepFile.Module("storage.bicep").Get("output", "connection").Value!, @"(\w+ServiceUri):", RegexOptions.None, TimeSpan.FromSeconds(10)).Select(m => m.Groups[1].Value)];
        string[] identity = [.. app.Get("var", "byIdentity").Properties.Select(property => property.Path)];
        foreach (string prefix in new[] { "AzureWebJobsStorage__", "HpoStorage__" })
        {
            Assert.Contains($"'{prefix}${{entry.key}}'", app.Text, StringComparison.Ordinal);
            foreach (string key in connection.Concat(identity))
            {
                yield return prefix + key;
            }
        }

        Assert.Contains("user => 'Hpo__Keys__${user}'", app.Text, StringComparison.Ordinal);
        yield return "Hpo__Keys__admin";
        IEnumerable<string> keys = app.Keys.Concat(BicepFile.Main.Keys).Concat(BicepFile.Module("batch-pool.bicep").Keys);
        foreach (string key in keys.Where(key => Regex.IsMatch(key, "__|^Hpo|^[A-Z]+_[A-Z_]+$", RegexOptions.None, TimeSpan.FromSeconds(10))))
        {
            if (key.Contains("${name}", StringComparison.Ordinal))
            {
                yield return key.Replace("${name}", "gpu", StringComparison.Ordinal);
                yield return key.Replace("${name}", "cpu", StringComparison.Ordinal);
            }
            else
            {
                yield return key;
            }
        }
    }
}
