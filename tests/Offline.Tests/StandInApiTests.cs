using System.Collections.Immutable;
using System.Reflection;
using HpoServerless.Offline.Tests.Api;

namespace HpoServerless.Offline.Tests;

/// <summary>The stand-ins promise no more than the packages have: what compiles against them compiles against the packages.</summary>
public sealed class StandInApiTests
{
    private static readonly string[] Declared =
    [
        "Azure.Monitor.OpenTelemetry.Exporter",
        "Microsoft.Azure.Functions.Worker",
        "Microsoft.Azure.Functions.Worker.Core",
        "Microsoft.Azure.Functions.Worker.Extensions.Abstractions",
        "Microsoft.Azure.Functions.Worker.Extensions.DurableTask",
        "Microsoft.Azure.Functions.Worker.Extensions.Http",
        "Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore",
        "Microsoft.Azure.Functions.Worker.Extensions.Storage.Queues",
        "Microsoft.Azure.Functions.Worker.Extensions.Timer",
        "Microsoft.DurableTask.Abstractions",
        "Microsoft.DurableTask.Client",
    ];

    /// <summary>The stand-ins, one row an assembly.</summary>
    public static TheoryData<string> Assemblies => [.. Declared];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void StandIn_declares_nothing_the_package_lacks(string assembly)
    {
        Packages.SkipUnlessOffline();
        ImmutableArray<ApiType> types = [.. ApiPrinter.Print(Assembly.Load(assembly))];

        Assert.NotEmpty(types);
        Assert.Empty(ApiComparer.Faults(types, ApiListing.Load()));
    }

    [Fact]
    public void Every_stand_in_of_declarations_is_checked()
    {
        Packages.SkipUnlessOffline();
        string[] patterns = ["Azure.Monitor.*.dll", "Microsoft.DurableTask.*.dll", "Microsoft.Azure.Functions.*.dll"];
        IEnumerable<string?> built = patterns
            .SelectMany(p => Directory.GetFiles(AppContext.BaseDirectory, p))
            .Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(Declared.Order(StringComparer.Ordinal), built.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Listing_names_each_type_once()
    {
        ImmutableArray<ApiType> listing = ApiListing.Load();

        Assert.Equal(listing.Length, listing.Select(t => t.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.All(listing, t => Assert.True(
            t.Declaration.StartsWith("public ", StringComparison.Ordinal), $"{t.Id} is declared as '{t.Declaration}'"));
    }
}
