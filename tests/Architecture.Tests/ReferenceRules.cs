using System.Reflection;

namespace HpoServerless.Architecture.Tests;

/// <summary>Who may know whom. The table is complete: any other reference is a mistake.</summary>
public sealed class ReferenceRules
{
    public static TheoryData<string, string[]> Allowed { get; } = new()
    {
        { "Engine", [] },
        { "Adapters", ["Engine"] },
        { "Orchestrations", ["Engine"] },
        { "Functions", ["Adapters", "Orchestrations"] },
        { "LocalHost", ["Adapters", "Functions", "Orchestrations"] },
        { "Cli", ["Adapters", "LocalHost"] },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void Project_referencesExactlyWhatItMay(string project, string[] allowed) =>
        Assert.Equal(allowed, Repository.Items(project, "ProjectReference"));

    [Fact]
    public void Source_hasNoOtherProject() =>
        Assert.Equal(
            Allowed.Select(row => row.Data.Item1).Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(Repository.PathOf("src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));

    [Fact]
    public void Engine_usesNothingButTheFrameworkAndNumerics()
    {
        string[] others =
        [
            .. Load("HpoServerless.Engine").GetReferencedAssemblies().Select(a => a.Name!)
                .Where(n => !n.StartsWith("System", StringComparison.Ordinal) && n is not ("netstandard" or "mscorlib" or "MathNet.Numerics")),
        ];

        Assert.Empty(others);
        Assert.All(Repository.Items("Engine", "PackageReference"), p => Assert.Contains(p, new[] { "System.Numerics.Tensors", "MathNet.Numerics" }));
    }

    [Fact]
    public void Engine_usesNoFilesNoNetworkNoProcesses()
    {
        string[] forbidden =
        [
            .. Load("HpoServerless.Engine").GetReferencedAssemblies().Select(a => a.Name!)
                .Where(n => n.StartsWith("System.Net", StringComparison.Ordinal) || n.StartsWith("System.IO", StringComparison.Ordinal) || n == "System.Diagnostics.Process"),
        ];

        Assert.Empty(forbidden);
    }

    [Fact]
    public void Orchestrations_useOnlyTheEngineAndDurableTask()
    {
        string[] others =
        [
            .. Load("HpoServerless.Orchestrations").GetReferencedAssemblies().Select(a => a.Name!)
                .Where(n => !n.StartsWith("System", StringComparison.Ordinal)
                    && !n.StartsWith("Microsoft.DurableTask", StringComparison.Ordinal)
                    && n is not ("HpoServerless.Engine" or "Microsoft.Extensions.Logging.Abstractions")),
        ];

        Assert.Empty(others);
    }

    [Fact]
    public void OnlyStandIns_areNamedLikePackages() =>
        Assert.All(
            Directory.EnumerateDirectories(Repository.PathOf("offline")).Select(d => Path.GetFileName(d)!),
            name => Assert.True(
                name.StartsWith("Microsoft.", StringComparison.Ordinal) || name.StartsWith("Azure.", StringComparison.Ordinal) || name == "System.IO.Hashing",
                name));

    private static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));
}
