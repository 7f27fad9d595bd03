using System.Reflection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Architecture.Tests;

/// <summary>docs/telemetry.md lists exactly the events that the product logs, each id once.</summary>
public sealed class EventDocs
{
    private static readonly LoggerMessageAttribute[] Events = [.. Logged().OrderBy(logged => logged.EventId)];

    [Fact]
    public void Ids_areUniqueOverTheProduct() =>
        Assert.Empty(Events.GroupBy(logged => logged.EventId).Where(same => same.Count() > 1).Select(same => same.Key));

    [Fact]
    public void Names_areUniqueOverTheProduct() =>
        Assert.Empty(Events.Where(logged => logged.EventName is not null).GroupBy(logged => logged.EventName).Where(same => same.Count() > 1).Select(same => same.Key));

    [Fact]
    public void Table_isThatOfTheCode()
    {
        string section = File.ReadAllText(Repository.PathOf("docs/telemetry.md")).Split("\n## Events\n")[1].Split("\n## ")[0];

        Assert.Equal(
            Events.Select(logged => $"| {logged.EventId} | {logged.EventName} | {logged.Level} | {logged.Message.Replace('{', '<').Replace('}', '>')} |".Replace("|  |", "| |", StringComparison.Ordinal)),
            section.Split('\n').Where(line => line.Length > 2 && char.IsAsciiDigit(line[2])));
    }

    [Fact]
    public void Every_log_isAnEventWithAnId()
    {
        string[] others =
        [
            .. Repository.Sources("src").Where(file => File.ReadAllText(file) is var text && (text.Contains(".LogInformation(", StringComparison.Ordinal)
                || text.Contains(".LogWarning(", StringComparison.Ordinal) || text.Contains(".LogError(", StringComparison.Ordinal) || text.Contains(".LogDebug(", StringComparison.Ordinal))),
        ];

        Assert.Empty(others);
        Assert.All(Events, logged => Assert.True(logged.EventId > 0, logged.Message));
    }

    private static IEnumerable<LoggerMessageAttribute> Logged() =>
        from name in (string[])["Adapters", "Orchestrations", "Functions", "LocalHost", "Cli"]
        from type in Assembly.Load(name == "Cli" ? "hpo" : $"HpoServerless.{name}").GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let logged = method.GetCustomAttribute<LoggerMessageAttribute>()
        where logged is not null
        select logged;
}
