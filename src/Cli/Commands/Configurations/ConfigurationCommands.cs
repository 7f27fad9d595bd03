using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>The commands <c>hpo_config</c>, <c>grid_config</c>, <c>model_config</c> and <c>search_space</c>.</summary>
internal static class ConfigurationCommands
{
    public static IEnumerable<Command> Create(CliContext context) =>
    [
        Group(context, ConfigurationKind.Hpo, "Configurations of the search: algorithm, metric, number of trials.", "my_search --algorithm random --metric loss --mode min --num_trials 200"),
        Group(context, ConfigurationKind.Grid, "Configurations of a grid: sites, container, datasets.", "my_grid --site ANALY_GPU --container docker://python:3.12"),
        Group(context, ConfigurationKind.Model, "Configurations of the model: script, function or class.", "my_model --script train.py --model MyModel"),
        Group(context, ConfigurationKind.SearchSpace, "Search spaces: hyperparameters and how they are drawn.", """my_space '{"lr": {"method": "loguniform", "dimension": {"low": 1e-5, "high": 1e-2}}}'"""),
    ];

    private static CliCommand Group(CliContext context, ConfigurationKind kind, string description, string example)
    {
        ConfigurationFiles files = new(context.Folder, kind);
        IConfigurationSource source = kind == ConfigurationKind.SearchSpace ? new SearchSpaceSource() : new OptionSource(kind, ConfigurationOptions.Of(kind));
        string name = example.Split(' ')[0];
        return new(kind.Name, description, $"hpo {kind} create {example}", $"hpo {kind} show {name}")
        {
            Store(context, kind, source, "create", "Store a new one; an existing name is an error.", example, (stored, given) => files.Create(stored, ToElement(given([])))),
            Store(context, kind, source, "recreate", "Store one, over an existing one.", example, (stored, given) => files.Replace(stored, ToElement(given([])))),
            Store(context, kind, source, "update", "Change what is given, keep the rest.", example, (stored, given) =>
                files.Replace(stored, ToElement(given(JsonNode.Parse(files.Read(stored).GetRawText())!.AsObject())))),
            NamedCommands.Remove($"{kind}", "Remove one, or all whose names match a wildcard.", pattern =>
            {
                foreach (string removed in files.Remove(pattern))
                {
                    context.Output.WriteLine($"removed {removed}");
                }
            }),
            NamedCommands.List(context, $"{kind}", files.List, context.Folder.Configurations(kind)),
            NamedCommands.Show(context, $"{kind}", files.Read, document => Show(context, kind, kind.Complete(document))),
            NamedCommands.Where(context, $"{kind}", files.Where),
        };
    }

    private static CliCommand Store(
        CliContext context,
        ConfigurationKind kind,
        IConfigurationSource source,
        string verb,
        string description,
        string example,
        Func<string, Func<JsonObject, JsonObject>, JsonElement> store)
    {
        Argument<string> name = NamedCommands.NameArgument();
        CliCommand command = new(verb, description, $"hpo {kind} {verb} {example}") { name };
        source.AddTo(command);
        command.SetAction(parsed =>
        {
            string stored = parsed.GetRequiredValue(name);
            JsonElement document = store(stored, merged =>
            {
                source.Apply(parsed, merged);
                return merged;
            });
            context.Error.WriteLine($"stored {context.Folder.Configuration(kind, stored)}");
            if (kind == ConfigurationKind.Hpo)
            {
                RunRemarks.Print(context, HpoConfig.Parse(document));
            }

            Show(context, kind, document);
        });
        return command;
    }

    private static void Show(CliContext context, ConfigurationKind kind, JsonElement document)
    {
        Printer printer = new(context);
        if (kind == ConfigurationKind.SearchSpace)
        {
            printer.Table(["hyperparameter", "definition"], [.. document.EnumerateObject().Select(SearchSpaceText.Row)]);
        }
        else
        {
            printer.Members(document);
        }
    }

    private static JsonElement ToElement(JsonObject document) => JsonSerializer.SerializeToElement(document);
}
