using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Projects;

/// <summary>The options that say what a project is made of: named configurations, which are embedded by value, and the scripts.</summary>
internal sealed class ProjectOptions
{
    private readonly Option<string?> _scripts = new("--scripts_path", "-p") { Description = "Folder with the training scripts; it is copied.", HelpName = "folder" };
    private readonly Dictionary<ConfigurationKind, Option<string?>> _configurations = new()
    {
        [ConfigurationKind.Hpo] = new("--hpo_config", "-o") { Description = "Name of the hpo_config. Without one: its defaults.", HelpName = "NAME" },
        [ConfigurationKind.Grid] = new("--grid_config", "-g") { Description = "Name of the grid_config. Without one: its defaults.", HelpName = "NAME" },
        [ConfigurationKind.Model] = new("--model_config", "-m") { Description = "Name of the model_config.", HelpName = "NAME" },
        [ConfigurationKind.SearchSpace] = new("--search_space", "-s") { Description = "Name of the search_space.", HelpName = "NAME" },
    };

    public void AddTo(Command command)
    {
        command.Add(_scripts);
        foreach (Option option in _configurations.Values)
        {
            command.Add(option);
        }
    }

    /// <summary>The folder of the scripts as it was typed; null where it was not.</summary>
    public string? Scripts(ParseResult parsed) => parsed.GetValue(_scripts);

    /// <summary>Puts what was given into a project document.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">Where named configurations lie.</param>
    /// <param name="document">Receives the members.</param>
    /// <param name="isNew">Whether everything that has no default must be given.</param>
    /// <exception cref="InvalidInputException">A configuration does not exist, or a needed option is missing; lists all of it.</exception>
    public void Apply(ParseResult parsed, HpoFolder folder, JsonObject document, bool isNew)
    {
        List<Fault> faults = [];
        if (Scripts(parsed) is { } scripts)
        {
            document["scripts_path"] = scripts;
        }
        else if (isNew)
        {
            faults.Add(new("--scripts_path", null, "is missing: name the folder with the training scripts"));
        }

        foreach ((ConfigurationKind kind, Option<string?> option) in _configurations)
        {
            if (parsed.GetValue(option) is { } name)
            {
                Embed(kind, name, folder, document, faults);
            }
            else if (isNew && (kind == ConfigurationKind.Model || kind == ConfigurationKind.SearchSpace))
            {
                faults.Add(new(option.Name, null, $"is missing: name a stored {kind} ('hpo {kind} list' shows them)"));
            }
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private static void Embed(ConfigurationKind kind, string name, HpoFolder folder, JsonObject document, List<Fault> faults)
    {
        try
        {
            JsonElement configuration = new ConfigurationFiles(folder, kind).Read(name);
            document[kind.Name] = JsonNode.Parse(configuration.GetRawText());
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
        }
    }
}
