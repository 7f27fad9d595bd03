using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>One operation of the OpenAPI document.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">With parts in braces.</param>
/// <param name="Json">What the document says.</param>
internal sealed partial record Operation(string Method, string Path, JsonElement Json)
{
    /// <summary>The document.</summary>
    public static JsonElement Document { get; } = Read();

    /// <summary>All of them.</summary>
    public static ImmutableArray<Operation> All { get; } =
    [
        .. from path in Document.GetProperty("paths").EnumerateObject()
           from verb in path.Value.EnumerateObject()
           select new Operation(verb.Name.ToUpperInvariant(), path.Name, verb.Value),
    ];

    /// <summary>The least role that may; null for everybody and for trials.</summary>
    public string? Role => Json.TryGetProperty("x-hpo-role", out JsonElement role) ? role.GetString() : null;

    /// <summary>How it differs from the rest in who may; null where it does not.</summary>
    public JsonElement? Security => Json.TryGetProperty("security", out JsonElement security) ? security : null;

    /// <summary>Its statuses.</summary>
    public ImmutableArray<string> Statuses => [.. Json.GetProperty("responses").EnumerateObject().Select(response => response.Name)];

    /// <summary>An address of it, below <c>/api/</c>.</summary>
    public string Example => Filled(name => name is "n" or "s" or "step" ? "1" : name[..1]);

    /// <summary>Its address with values for the parts in braces.</summary>
    public string Filled(Func<string, string> value) => Part().Replace(Path["/api/".Length..], part => value(part.Groups[1].Value));

    public override string ToString() => $"{Method} {Path}";

    private static JsonElement Read()
    {
        using JsonDocument document = JsonDocument.Parse(typeof(HpoOptions).Assembly.GetManifestResourceStream("HpoServerless.Functions.openapi.json")!);
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"\{(\w+)\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part();
}
