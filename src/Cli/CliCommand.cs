using System.Collections.Immutable;
using System.CommandLine;

namespace HpoServerless.Cli;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <param name="examples">Whole command lines.</param>
internal sealed class CliCommand(string name, string description, params ImmutableArray<string> examples) : Command(name, description)
{
    public ImmutableArray<string> Examples { get; } = examples;
}
