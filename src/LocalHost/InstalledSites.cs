using System.Collections.Immutable;
using HpoServerless.Adapters.Executors;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.LocalHost;

/// <summary>The sites that an installation names beside <c>local</c>.</summary>
public static class InstalledSites
{
    /// <summary>Those of a data folder's <c>sites.json</c> and of the environment. None is reached for.</summary>
    /// <param name="dataFolder">The data folder; it need not be there.</param>
    /// <returns>By name.</returns>
    /// <exception cref="InvalidInputException"><c>sites.json</c> is no JSON, or a host would refuse it; lists everything that is wrong with any site.</exception>
    public static ImmutableArray<(string Name, string Type)> In(string dataFolder)
    {
        IConfigurationRoot sites = HostServices.Sites(dataFolder);
        SiteRegistry.Read(HostServices.AsSection(sites));
        return [.. sites.GetChildren().Select(site => (site.Key, site[SiteRegistry.TypeKey]!)).OrderBy(site => site.Key, StringComparer.Ordinal)];
    }
}
