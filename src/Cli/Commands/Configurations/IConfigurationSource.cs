using System.CommandLine;
using System.Text.Json.Nodes;

namespace HpoServerless.Cli.Commands.Configurations;

/// <summary>How a document is given on the command line: member by member, or whole.</summary>
internal interface IConfigurationSource
{
    /// <summary>Adds the options and arguments to a command that stores a document.</summary>
    void AddTo(Command command);

    /// <summary>Merges what was given into a document.</summary>
    void Apply(ParseResult parsed, JsonObject document);
}
