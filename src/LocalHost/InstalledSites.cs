using System.Collections.Immutable;
using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;

namespace HpoServerless.LocalHost;

/// <summary>The sites that an installation names beside <c>local</c>.</summary>
public static class InstalledSites
{
    /// <summary>Those of a data folder's <c>sites.json</c> and of the environment. None is reached for, and nothing but their names and types is looked at.</summary>
    /// <param name="dataFolder">The data folder; it need not be there.</param>
    /// <returns>By name.</returns>
    /// <exception cref="InvalidInputException"><c>sites.json</c> is no JSON.</exception>
    public static ImmutableArray<(string Name, string Type)> In(string dataFolder) =>
        [.. HostServices.Sites(dataFolder).GetChildren().Select(site => (site.Key, site[SiteRegistry.TypeKey] ?? "unknown")).OrderBy(site => site.Key, StringComparer.Ordinal)];
}
