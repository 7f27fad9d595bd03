using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Projects;

/// <summary>Reads JSON and YAML that people wrote, and says where they went wrong.</summary>
public static class DocumentText
{
    /// <summary>Extensions of the files that <see cref="ReadFile"/> reads.</summary>
    internal static readonly string[] Extensions = [".json", ".yaml", ".yml"];

    /// <summary>Parses JSON.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">Where it was given, for the fault: an option or a file.</param>
    /// <exception cref="InvalidInputException">It is not JSON; names line and position, both from 1.</exception>
    public static JsonElement ParseJson(string text, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            string reason = error.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            string where = $"line {(error.LineNumber ?? 0) + 1}, position {(error.BytePositionInLine ?? 0) + 1}";
            throw new InvalidInputException(new Fault(path, text.Length <= 200 ? text : null, $"must be JSON: {reason} (at {where})"));
        }
    }

    /// <summary>Reads the object that a .json, .yaml or .yml file holds.</summary>
    /// <exception cref="InvalidInputException">It cannot be read, or is not what its extension says, or no object.</exception>
    internal static JsonElement ReadFile(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Fault(file, null, $"cannot be read: {error.Message}"));
        }

        JsonElement document = Path.GetExtension(file) == ".json" ? ParseJson(text, file) : YamlReader.Parse(text, file);
        return document.ValueKind == JsonValueKind.Object
            ? document
            : throw new InvalidInputException(new Fault(file, null, "must hold one object of members"));
    }
}
