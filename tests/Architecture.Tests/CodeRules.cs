using System.Reflection;
using System.Text.RegularExpressions;

namespace HpoServerless.Architecture.Tests;

/// <summary>What a reader may rely on everywhere in the sources.</summary>
public sealed partial class CodeRules
{
    private static readonly string[] Assemblies =
        ["HpoServerless.Engine", "HpoServerless.Orchestrations", "HpoServerless.Adapters", "HpoServerless.Functions", "HpoServerless.LocalHost"];

    [Fact]
    public void Classes_areSealedAbstractOrStatic()
    {
        string[] open =
        [
            .. Assemblies.SelectMany(a => Assembly.Load(new AssemblyName(a)).GetTypes())
                .Where(t => t.IsClass && !t.IsSealed && !t.IsAbstract && t.Namespace?.StartsWith("HpoServerless", StringComparison.Ordinal) == true)
                .Where(t => !t.Name.Contains('<', StringComparison.Ordinal))
                .Where(t => !IsMadeToBeDerivedFrom(t))
                .Where(t => !Assemblies.SelectMany(a => Assembly.Load(new AssemblyName(a)).GetTypes()).Any(d => d.BaseType == t))
                .Select(t => t.FullName!),
        ];

        Assert.Empty(open);
    }

    [Fact]
    public void Sources_haveNoConditionForThePackageMode() =>
        Assert.DoesNotContain(Repository.Sources("src"), f => File.ReadAllText(f).Contains("#if", StringComparison.Ordinal));

    [Fact]
    public void Sources_leaveNothingForLater() =>
        Assert.DoesNotContain(Repository.Sources("src"), f => Unfinished().IsMatch(File.ReadAllText(f)));

    [Fact]
    public void LogEvents_haveUniqueIds()
    {
        var ids = Repository.Sources("src")
            .SelectMany(f => EventId().Matches(File.ReadAllText(f)).Select(m => (Id: m.Groups[1].Value, File: f)))
            .GroupBy(e => e.Id, StringComparer.Ordinal);

        Assert.DoesNotContain(ids, g => g.Count() > 1);
    }

    [Fact]
    public void TestProjects_areInTheSolutionAndInTheTestScript()
    {
        string script = File.ReadAllText(Repository.PathOf("test.sh"));
        string solution = File.ReadAllText(Repository.PathOf("HpoServerless.sln"));
        string[] projects = [.. Directory.EnumerateFiles(Repository.PathOf("tests"), "*.Tests.csproj", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f))];

        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.Contains($"{p}.csproj", solution, StringComparison.Ordinal));
        Assert.All(projects, p => Assert.Contains($"[{p}]", script, StringComparison.Ordinal));
    }

    private static bool IsMadeToBeDerivedFrom(Type type) =>
        type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Any(m => m.IsVirtual && !m.IsFinal && m.GetBaseDefinition() == m);

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex EventId();
}
