using System.Collections.Immutable;
using System.Text.Json;

namespace HpoServerless.Infra.Tests;

/// <summary>What a Bicep file declares, as tests/infra/check.mjs reads it from the syntax tree.</summary>
internal sealed record BicepFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>All files of the installation.</summary>
    public static ImmutableArray<BicepFile> All { get; } = Parse([.. Directory.EnumerateFiles(Files.PathOf("infra"), "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]);

    public static BicepFile Main { get; } = All.Single(file => file.Name == "main.bicep");

    /// <summary>Full path.</summary>
    public required string File { get; init; }

    public ImmutableArray<string> Errors { get; init; } = [];

    public string TargetScope { get; init; } = string.Empty;

    public ImmutableArray<Declaration> Declarations { get; init; } = [];

    /// <summary>How often names are used, apart from where they are declared.</summary>
    public ImmutableDictionary<string, int> Uses { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Functions that are called.</summary>
    public ImmutableArray<string> Calls { get; init; } = [];

    /// <summary>Names of all properties.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    public string Name => Path.GetFileName(File);

    public string Text => System.IO.File.ReadAllText(File);

    public static BicepFile Module(string name) => All.Single(file => file.Name == name);

    public static ImmutableArray<BicepFile> Parse(IReadOnlyList<string> files)
    {
        string folder = Files.PathOf("tests", "infra");
        (int code, string output, string error) = Shell.Run("node", ["check.mjs", .. files], folder);
        Assert.True(code == 0, $"check.mjs failed ({error}); 'npm ci --prefix tests/infra' sets it up");
        return JsonSerializer.Deserialize<ImmutableArray<BicepFile>>(output, Options);
    }

    public IEnumerable<Declaration> Of(string kind) => Declarations.Where(declaration => declaration.Kind == kind);

    public Declaration Get(string kind, string symbol) => Of(kind).Single(declaration => declaration.Symbol == symbol);
}

/// <summary>A param, var, resource, module or output.</summary>
internal sealed record Declaration
{
    public required string Kind { get; init; }

    public required string Symbol { get; init; }

    /// <summary>Type of a parameter or resource.</summary>
    public string? Type { get; init; }

    public string? ApiVersion { get; init; }

    /// <summary>Path of a module.</summary>
    public string? Target { get; init; }

    public bool Existing { get; init; }

    public bool HasDefault { get; init; }

    public string? Value { get; init; }

    public string Description { get; init; } = string.Empty;

    public ImmutableArray<string> Decorators { get; init; } = [];

    public ImmutableArray<Decorator> Limits { get; init; } = [];

    public ImmutableArray<Property> Properties { get; init; } = [];

    public string? PropertyOf(string path) => Properties.FirstOrDefault(property => property.Path == path)?.Value;

    public string? Limit(string name) => Limits.FirstOrDefault(limit => limit.Name == name)?.Argument;
}

/// <summary>A decorator and what stands in its parentheses.</summary>
internal sealed record Decorator(string Name, string Argument);

/// <summary>A property and the text of its value.</summary>
internal sealed record Property(string Path, string Value);
