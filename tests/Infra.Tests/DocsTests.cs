using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Infra.Tests;

/// <summary>The documentation of the installation is that of what is there.</summary>
public sealed partial class DocsTests
{
    private static readonly string Readme = Files.Text("infra", "README.md");

    private static readonly string Operations = Files.Text("docs", "operations.md");

    private static readonly Declaration Rules = BicepFile.Module("alerts.bicep").Get("var", "rules");

    public static TheoryData<string> Alerts => [.. Regex.Matches(Rules.Value!, @"name: '([\w-]+)'", RegexOptions.None, Patience).Select(match => match.Groups[1].Value)];

    private static TimeSpan Patience => TimeSpan.FromSeconds(10);

    [Fact]
    public void EveryParameter_hasARow()
    {
        JsonElement parameters = JsonDocument.Parse(Files.Text("infra", "main.parameters.json")).RootElement.GetProperty("parameters");
        IEnumerable<string> rows = parameters.EnumerateObject().Select(parameter =>
        {
            Match value = Regex.Match(parameter.Value.GetProperty("value").GetString()!, @"^\$\{(\w+)=?(.*)\}$", RegexOptions.None, Patience);
            string byDefault = value.Groups[2].Length > 0 ? $" `{value.Groups[2].Value}` " : " ";
            return $"| `{parameter.Name}` | `{value.Groups[1].Value}` |{byDefault}| {BicepFile.Main.Get("param", parameter.Name).Description} |";
        });

        Assert.Equal(rows, Readme.Split("\n## Parameters\n")[1].Split("\n### ")[0].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryVariable_isOneOfTheEnvironment()
    {
        string known = Files.Text("infra", "main.parameters.json") + BicepFile.Main.Text;
        string[] variables = ["HPO_KEY", "HPO_KEY_FILE", "HPO_SETTINGS", "HPO_TOKEN"];

        Assert.All(
            Regex.Matches(Readme + Operations, @"\bHPO_[A-Z0-9_]+[A-Z0-9]\b", RegexOptions.None, Patience).Select(match => match.Value).Distinct().Except(variables),
            variable => Assert.Contains(variable, known, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryModuleAndRole_isExplained()
    {
        string table = Readme.Split("\n## Who may do what\n")[1].Split("\n## ")[0];

        Assert.All(BicepFile.All.Where(file => file.Name is not ("main.bicep" or "container-role.bicep")), file => Assert.Contains(file.Name, Readme, StringComparison.Ordinal));
        Assert.All(
            JsonSerializer.Deserialize<Dictionary<string, string>>(Files.Text("infra", "roles.json"))!.Keys,
            role => Assert.Contains(role, table.Replace(" ", string.Empty, StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void EveryAlert_hasASectionThatSaysWhatToDo(string alert)
    {
        string[] parts = Operations.Split($"\n### {alert}\n");
        Assert.True(parts.Length == 2, $"'### {alert}' is missing or there twice");
        Assert.InRange(parts[1].Split("\n### ")[0].Length, 200, 3000);
    }

    [Fact]
    public void Sections_areOfAlertsThatExist() => Assert.Equal(
        Regex.Matches(Operations, "^### (hpo-[a-z-]+)$", RegexOptions.Multiline, Patience).Select(match => match.Groups[1].Value), Alerts.Select(row => row.Data));

    /// <summary>An alert that waits for an event which nobody logs would never come.</summary>
    [Fact]
    public void EventsOfAlerts_areLogged()
    {
        string[] events = [.. EventNames.Matches(Rules.Value!).Select(match => match.Groups[1].Value).Distinct()];
        string sources = string.Concat(Directory.EnumerateFiles(Files.PathOf("src"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));

        Assert.True(events.Length >= 6, string.Join(' ', events));
        Assert.All(events, name => Assert.Contains($"EventName = \"{name}\"", sources, StringComparison.Ordinal));
    }

    /// <summary>The host gets texts, names and ids of events of the app; a query for a field or scope of a log would find nothing.</summary>
    [Fact]
    public void Queries_askForNoFieldThatNeverArrives()
    {
        Assert.Matches("AppTraces", Operations);
        Assert.Empty(LogFields.Matches(Operations + Rules.Value).Select(match => match.Value));
    }

    [Theory]
    [InlineData("AppTraces | where Properties.Experiment == 'x'", 1)]
    [InlineData("AppTraces | where Properties[\"Trial\"] == 'x'", 1)]
    [InlineData("AppTraces | where tostring(Properties.EventName) == 'x'", 0)]
    [InlineData("AppDependencies | where Properties[\"hpo.experiment\"] == 'x'", 0)]
    public void FieldThatNeverArrives_isFound(string query, int found) => Assert.Equal(found, LogFields.Count(query));

    /// <summary>A subscription that does not know a provider refuses its resources.</summary>
    [Fact]
    public void Providers_areRegistered()
    {
        string loop = Operations.Split("for provider in ")[1].Split("; do")[0];
        string[] builtIn = ["Microsoft.Authorization", "Microsoft.Resources"];
        string[] needed = [.. BicepFile.All.SelectMany(file => file.Of("resource")).Select(resource => resource.Type!.Split('/')[0]).Where(name => name.StartsWith("Microsoft.", StringComparison.Ordinal)).Distinct().Except(builtIn)];

        Assert.True(needed.Length >= 10, string.Join(' ', needed));
        Assert.Empty(needed.Except(loop.Split([' ', '\n', '\\'], StringSplitOptions.RemoveEmptyEntries)));
    }

    [GeneratedRegex("""
        Properties(?:\.(?!EventName|EventId)\w+|\["(?!EventName|EventId|hpo\.)[^"]*"\])
        """)]
    private static partial Regex LogFields { get; }

    [GeneratedRegex("""
        "([A-Z][a-z]+[A-Za-z]+)"
        """)]
    private static partial Regex EventNames { get; }
}
