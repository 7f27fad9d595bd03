using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Projects;

/// <summary>What runs for each trial: a function or class of a Python script, or any other program.</summary>
public sealed record ModelConfig
{
    internal const string DocumentName = "model_config";

    /// <summary>Python script, relative to the scripts, with or without <c>.py</c>.</summary>
    public string? Script { get; init; }

    /// <summary>Name of the function or class in <see cref="Script"/>.</summary>
    public string? Model { get; init; }

    /// <summary>JSON object merged over every configuration; null means none.</summary>
    public JsonElement? Param { get; init; }

    /// <summary>Any other program and its arguments, in place of script and model; empty for Python scripts.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Names of the second and further numbers of an <c>#Auptimizer:</c> line; null for <c>result_2</c> and so on.</summary>
    public ImmutableArray<string>? ResultLabels { get; init; }

    /// <summary>Under which names a command finds the trial's number in its configuration; null for none.</summary>
    public ImmutableArray<string>? NumberAs { get; init; }

    /// <summary><see cref="Script"/> with its extension.</summary>
    public string? ScriptFile => Script is null || Script.EndsWith(".py", StringComparison.Ordinal) ? Script : Script + ".py";

    /// <summary>Reads the document. It may be incomplete: a project demands more.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static ModelConfig Parse(JsonElement json)
    {
        List<Fault> faults = [];
        ModelConfig config = Read(new(json, DocumentName, faults), isComplete: false);
        return faults.Count == 0 ? config : throw new InvalidInputException([.. faults]);
    }

    /// <summary>The whole document.</summary>
    public JsonElement ToJson() => DocumentWriter.ToElement(Write);

    internal static ModelConfig Read(DocumentReader reader, bool isComplete)
    {
        ModelConfig config = new()
        {
            Script = reader.Text("script"),
            Model = reader.Text("model"),
            Param = reader.Object("param"),
            Command = reader.Texts("command") ?? [],
            ResultLabels = reader.Texts("result_labels"),
            NumberAs = reader.Texts("number_as"),
        };
        reader.Done();
        if (config.Script is { } script && (script.Contains('\\') || script.StartsWith('/') || script.Split('/').Any(part => part is "" or "." or "..")))
        {
            reader.Fault("script", "must be a path relative to the scripts, with / between its parts and without . and ..");
        }

        if (config.Model is { } model && !IsIdentifier(model))
        {
            reader.Fault("model", "must be the name of a Python function or class");
        }

        CheckProgram(reader, isComplete);
        return config;
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Command.IsEmpty)
        {
            writer.WriteString("script", Script);
            writer.WriteString("model", Model);
        }
        else
        {
            writer.WriteTexts("command", Command);
            if (ResultLabels is { } labels)
            {
                writer.WriteTexts("result_labels", labels);
            }

            if (NumberAs is { } names)
            {
                writer.WriteTexts("number_as", names);
            }
        }

        writer.WriteObject("param", Param, orEmpty: true);
        writer.WriteEndObject();
    }

    private static void CheckProgram(DocumentReader reader, bool isComplete)
    {
        if (reader.Find("command") is { } command)
        {
            if (command.ValueKind == JsonValueKind.Array && command.GetArrayLength() == 0)
            {
                reader.Fault("command", "must have at least one text: the program");
            }

            if (reader.Has("script") || reader.Has("model"))
            {
                reader.Fault("command", "takes the place of script and model: give one or the other");
            }

            return;
        }

        if (isComplete && !reader.Has("script"))
        {
            reader.Fault("script", "is missing: name the training script, or give command for another program");
        }

        if (isComplete && !reader.Has("model"))
        {
            reader.Fault("model", "is missing: name the function or class in the script");
        }
    }

    private static bool IsIdentifier(string name) =>
        (char.IsLetter(name[0]) || name[0] == '_') && name.All(c => char.IsLetterOrDigit(c) || c == '_');
}
