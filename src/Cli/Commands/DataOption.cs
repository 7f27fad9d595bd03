using System.CommandLine;

namespace HpoServerless.Cli.Commands;

/// <summary>The option <c>--data</c>: the data folder.</summary>
internal static class DataOption
{
    public static Option<string> Create() => new("--data")
    {
        Description = "Data folder: experiments, results, logs and keys.",
        HelpName = "DIR",
        DefaultValueFactory = static _ => "./hpo-data",
    };

    /// <summary>Its full path.</summary>
    public static string Path(ParseResult parsed, Option<string> option, CliContext context) =>
        System.IO.Path.GetFullPath(parsed.GetRequiredValue(option), context.CurrentDirectory);
}
