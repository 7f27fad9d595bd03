using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>A document given by one option a member.</summary>
/// <param name="kind">Knows the document's own rules.</param>
/// <param name="options">One a member.</param>
internal sealed class OptionSource(ConfigurationKind kind, ImmutableArray<ConfigurationOption> options) : IConfigurationSource
{
    public void AddTo(Command command)
    {
        foreach (ConfigurationOption option in options)
        {
            option.AddTo(command);
        }
    }

    public void Apply(ParseResult parsed, JsonObject document)
    {
        List<Fault> faults = [];
        foreach (ConfigurationOption option in options)
        {
            try
            {
                option.Apply(parsed, document);
            }
            catch (InvalidInputException error)
            {
                faults.AddRange(error.Faults);
            }
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults, .. FaultsOf(document)]);
        }
    }

    /// <summary>What else is wrong, so that nobody has to come back for it.</summary>
    private ImmutableArray<Fault> FaultsOf(JsonObject document)
    {
        try
        {
            kind.Complete(JsonSerializer.SerializeToElement(document));
            return [];
        }
        catch (InvalidInputException error)
        {
            return error.Faults;
        }
    }
}
