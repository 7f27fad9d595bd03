using System.Reflection;
using HpoServerless.Functions.Settings;

namespace HpoServerless.Architecture.Tests;

/// <summary>docs/configuration.md lists exactly the settings that the service reads.</summary>
public sealed class SettingDocs
{
    private static readonly string Section = File.ReadAllText(Repository.PathOf("docs/configuration.md"))
        .Split("\n## The installation\n")[1].Split("\n### host.json\n")[0];

    [Fact]
    public void Table_isThatOfTheCode() =>
        Assert.Equal(ServiceSettings.All.Select(Row), Section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)));

    [Fact]
    public void Table_hasEverySettingThatIsDeclared() =>
        Assert.Equal(
            ((Type[])[typeof(ServiceSettings), typeof(AccessSettings)]).SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(field => field.FieldType == typeof(Setting)).Select(field => ((Setting)field.GetValue(null)!).Key).Order(StringComparer.Ordinal),
            ServiceSettings.All.Select(setting => setting.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void Names_areDifferent() => Assert.Equal(ServiceSettings.All.Length, ServiceSettings.All.DistinctBy(setting => setting.Key.ToUpperInvariant()).Count());

    private static string Row(Setting setting) =>
        $"| `{setting.EnvironmentName}` | {setting.Rule} | {setting.Default ?? (setting.IsRequired ? "required" : string.Empty)} | {(setting.IsSecret ? "yes" : string.Empty)} | {setting.Meaning} |"
            .Replace("|  |", "| |", StringComparison.Ordinal).Replace("|  |", "| |", StringComparison.Ordinal);
}
