using System.Collections.Immutable;
using Azure.Data.Tables;
using HpoServerless.Offline.Tests.Api;

namespace HpoServerless.Offline.Tests.Tables;

/// <summary>The stand-in promises no more than the package has: what compiles against it compiles against the package.</summary>
public sealed class TablesApiTests
{
    [Fact]
    public void StandIn_declares_nothing_the_package_lacks()
    {
        Packages.SkipUnlessOffline();
        ImmutableArray<ApiType> listing =
            ApiListing.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Tables", "PublicApi.txt")));

        ImmutableArray<ApiType> types = [.. ApiPrinter.Print(typeof(TableClient).Assembly)];

        Assert.NotEmpty(types);
        Assert.Empty(ApiComparer.Faults(types, listing));
    }
}
