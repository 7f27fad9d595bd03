using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>A command-line option that gives one member of a configuration document.</summary>
/// <remarks>It only carries what was typed into the document; whether that is right is for the document's own rules, so that all faults come at once.</remarks>
internal sealed class ConfigurationOption
{
    private readonly string _key;
    private readonly Option _option;
    private readonly Func<OptionResult, JsonNode?> _read;

    private ConfigurationOption(string key, Option option, string description, Func<OptionResult, JsonNode?> read)
    {
        _key = key;
        _option = option;
        _option.Description = description;
        _read = read;
    }

    public static ConfigurationOption Text(string key, string description, params string[] aliases) =>
        new(key, new Option<string>($"--{key}", aliases) { HelpName = "text" }, description, static result => JsonValue.Create(result.GetValueOrDefault<string>()));

    public static ConfigurationOption Number(string key, string description, params string[] aliases) =>
        new(key, new Option<string>($"--{key}", aliases) { HelpName = "number" }, description, static result => NumberOrText(result.GetValueOrDefault<string>()));

    public static ConfigurationOption Json(string key, string description, params string[] aliases) =>
        new(key, new Option<string>($"--{key}", aliases) { HelpName = "json" }, description, static result =>
            JsonNode.Parse(DocumentText.ParseJson(result.GetValueOrDefault<string>(), result.Option.Name).GetRawText()));

    public static ConfigurationOption Flag(string key, string description, params string[] aliases) =>
        new(key, new Option<bool>($"--{key}", aliases), description, static result => JsonValue.Create(result.GetValueOrDefault<bool>() ? 1 : 0));

    /// <summary>Several values, or one with commas.</summary>
    public static ConfigurationOption List(string key, string description, params string[] aliases) =>
        new(key, new Option<string[]>($"--{key}", aliases) { HelpName = "names", AllowMultipleArgumentsPerToken = true }, description, static result =>
            new JsonArray([.. result.GetValueOrDefault<string[]>().SelectMany(value => value.Split(',')).Select(value => (JsonNode)JsonValue.Create(value.Trim()))]));

    public void AddTo(Command command) => command.Add(_option);

    /// <summary>Puts the member into a document if the option was given.</summary>
    /// <exception cref="InvalidInputException">It should have been JSON.</exception>
    public void Apply(ParseResult parsed, JsonObject document)
    {
        if (parsed.GetResult(_option) is { Implicit: false } result)
        {
            document[_key] = _read(result);
        }
    }

    private static JsonNode? NumberOrText(string text)
    {
        try
        {
            JsonNode? node = JsonNode.Parse(text);
            return node is null || node.GetValueKind() == JsonValueKind.Number ? node : JsonValue.Create(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
