using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Adapters.Projects;

/// <summary>The named configurations of one kind, each a JSON file. Nothing invalid is ever stored.</summary>
/// <param name="folder">Where they lie.</param>
/// <param name="kind">Which kind.</param>
public sealed class ConfigurationFiles(HpoFolder folder, ConfigurationKind kind)
{
    /// <summary>How stored documents are written.</summary>
    internal static JsonSerializerOptions Indented { get; } = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names that match a wildcard pattern with <c>*</c> and <c>?</c>, in alphabetical order.</summary>
    public ImmutableArray<string> List(string pattern = "*") => Directory.Exists(folder.Configurations(kind))
        ? [.. Directory.EnumerateFiles(folder.Configurations(kind), "*.json").Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Where(name => ProjectName.IsValid(name) && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>A stored document.</summary>
    /// <exception cref="InvalidInputException">There is none of this name, which the fault answers with near ones; or its file is damaged.</exception>
    public JsonElement Read(string name) => DocumentText.ReadFile(Where(name));

    /// <summary>File of a stored document.</summary>
    /// <exception cref="InvalidInputException">There is none of this name.</exception>
    public string Where(string name)
    {
        ProjectName.Require(name, $"{kind} name");
        string file = folder.Configuration(kind, name);
        return File.Exists(file) ? file : throw Missing(name);
    }

    /// <summary>Stores a new document.</summary>
    /// <returns>The document with its defaults.</returns>
    /// <exception cref="InvalidInputException">The document is invalid.</exception>
    /// <exception cref="ConflictException">There is one of this name.</exception>
    public JsonElement Create(string name, JsonElement document)
    {
        ProjectName.Require(name, $"{kind} name");
        JsonElement complete = kind.Complete(document);
        return AtomicFile.TryCreate(folder.Configuration(kind, name), Text(complete))
            ? complete
            : throw new ConflictException(kind.Name, name, $"exists already: use 'hpo {kind} recreate {name}' to replace it or 'hpo {kind} update {name}' to change it");
    }

    /// <summary>Stores a document, over one of the same name if there is one.</summary>
    /// <inheritdoc cref="Create"/>
    public JsonElement Replace(string name, JsonElement document)
    {
        ProjectName.Require(name, $"{kind} name");
        JsonElement complete = kind.Complete(document);
        AtomicFile.Replace(folder.Configuration(kind, name), Text(complete));
        return complete;
    }

    /// <summary>Removes every document whose name matches a pattern.</summary>
    /// <returns>The names that were removed.</returns>
    /// <exception cref="InvalidInputException">None matches.</exception>
    public ImmutableArray<string> Remove(string pattern)
    {
        ImmutableArray<string> names = List(pattern);
        foreach (string name in names)
        {
            File.Delete(folder.Configuration(kind, name));
        }

        return names.IsEmpty ? throw Missing(pattern) : names;
    }

    internal static string Text(JsonElement document) => JsonSerializer.Serialize(document, Indented) + "\n";

    private InvalidInputException Missing(string name) =>
        new(new Fault($"{kind} name", JsonSerializer.Serialize(name), $"must be a stored one under {folder.Configurations(kind)}: {NearNames.Hint(name, List())}"));
}
