using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;
using HpoServerless.Cli.Commands;
using HpoServerless.Cli.Commands.Access;
using HpoServerless.Cli.Commands.Aup;
using HpoServerless.Cli.Commands.Configurations;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Commands.Grid;
using HpoServerless.Cli.Commands.Projects;
using HpoServerless.Cli.Commands.Run;
using HpoServerless.Cli.Commands.Workers;

namespace HpoServerless.Cli;

/// <summary>The root command: all command groups, and the one place where errors become exit codes.</summary>
internal static partial class HpoCli
{
    /// <summary>One line a command group, in the order of the help.</summary>
    private static readonly ImmutableArray<Func<CliContext, IEnumerable<Command>>> Groups =
    [
        ConfigurationCommands.Create,
        ProjectCommands.Create,
        LocalRunCommand.Create,
        ServeCommand.Create,
        WorkerCommand.Create,
        WhoAmICommand.Create,
        RunCommand.Create,
        ExperimentCommands.Create,
        GenerateCommand.Create,
        IddsRunCommand.Create,
        GridRunCommand.Create,
        TasksCommand.Create,
        SitesCommand.Create,
        SubmitIddsCommand.Create,
        AlgorithmsCommand.Create,
        AupCommand.Create,
    ];

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliContext context, CancellationToken cancellation)
    {
        try
        {
            ParseResult parsed = CreateRoot(context).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction)
            {
                return ReportUsage(parsed, context);
            }

            InvocationConfiguration invocation = new()
            {
                Output = context.Output,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // the program listens to signals itself
            };
            return await parsed.InvokeAsync(invocation, cancellation);
        }
        catch (Exception error)
        {
            ErrorReport.Write(error, context);
            return ExitCode.Of(error);
        }
    }

    internal static RootCommand CreateRoot(CliContext context)
    {
        RootCommand root = new("Hyperparameter optimization: describe a search, run it here or as a serverless pipeline.");
        foreach (Command command in Groups.SelectMany(create => create(context)))
        {
            root.Add(command);
        }

        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        foreach (VersionOption version in root.Options.OfType<VersionOption>())
        {
            version.Action = new VersionWithData();
        }

        return root;
    }

    private static int ReportUsage(ParseResult parsed, CliContext context)
    {
        foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
        {
            context.Error.WriteLine($"error: {Plain(error.Message)}");
        }

        IEnumerable<string> names = parsed.CommandResult.Command.Parents.OfType<Command>().Where(parent => parent is not RootCommand)
            .Append(parsed.CommandResult.Command).Where(command => command is not RootCommand).Select(command => command.Name);
        if (parsed.CommandResult.Command.Subcommands.Count > 0)
        {
            context.Error.WriteLine($"commands: {string.Join(", ", parsed.CommandResult.Command.Subcommands.Select(command => command.Name))}");
        }

        context.Error.WriteLine($"see: {string.Join(' ', names.Prepend("hpo"))} --help");
        return ExitCode.Invalid;
    }

    /// <summary>The parser's message without the name of a .NET type.</summary>
    private static string Plain(string message) => TypeName().Replace(message, match => match.Value switch
    {
        _ when match.Value.Contains("Int", StringComparison.Ordinal) => "a whole number of at most 64 bits",
        _ when match.Value.Contains("Double", StringComparison.Ordinal) => "a number",
        _ when match.Value.Contains("Boolean", StringComparison.Ordinal) => "true or false",
        _ => "what its help says",
    });

    [GeneratedRegex("expected type '[^']*'", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeName();

    /// <summary>The standard help, then the examples.</summary>
    private sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = standard.Invoke(parseResult);
            if (parseResult.CommandResult.Command is CliCommand { Examples.IsEmpty: false } command)
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (string example in command.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            return code;
        }
    }
}
