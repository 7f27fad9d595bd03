using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>A search space given as JSON, as an argument or as an option. A hyperparameter replaces one of the same name whole.</summary>
internal sealed class SearchSpaceSource : IConfigurationSource
{
    private readonly Argument<string?> _argument = new("search_space")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = """The hyperparameters as JSON: {"NAME": {"method": "...", "dimension": {...}}, ...}""",
        HelpName = "json",
    };

    private readonly Option<string?> _option = new("--search_space", "-s") { Description = "The same, as an option.", HelpName = "json" };

    public void AddTo(Command command)
    {
        command.Add(_argument);
        command.Add(_option);
    }

    public void Apply(ParseResult parsed, JsonObject document)
    {
        string? argument = parsed.GetValue(_argument);
        string? option = parsed.GetValue(_option);
        string text = (argument, option) switch
        {
            (not null, null) => argument,
            (null, not null) => option,
            _ => throw new InvalidInputException(new Fault("search_space", null, "must be given once: as JSON after the name, or with --search_space")),
        };
        JsonElement json = DocumentText.ParseJson(text, option is null ? "search_space" : "--search_space");
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(new Fault("search_space", json.GetRawText(), "must be an object of hyperparameters"));
        }

        HashSet<string> names = [];
        foreach (JsonProperty hyperparameter in json.EnumerateObject())
        {
            if (!names.Add(hyperparameter.Name))
            {
                throw new InvalidInputException(new Fault($"search_space.{hyperparameter.Name}", hyperparameter.Value.GetRawText(), "is defined twice"));
            }

            document[hyperparameter.Name] = JsonNode.Parse(hyperparameter.Value.GetRawText());
        }
    }
}
