using System.Reflection;

namespace HpoServerless.Offline.Tests;

/// <summary>Which packages this build was made with.</summary>
public static class Packages
{
    public static bool AreOffline { get; } = typeof(Packages).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Any(a => a is { Key: "AzurePackages", Value: "offline" });

    public static void SkipUnlessOffline() => Assert.SkipUnless(AreOffline, "Built with the packages themselves: there is no stand-in to look at.");
}
