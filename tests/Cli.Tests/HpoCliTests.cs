using System.CommandLine;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Cli.Tests;

public sealed class HpoCliTests : IDisposable
{
    private readonly CliRunner _hpo = new();

    public void Dispose() => _hpo.Dispose();

    [Theory]
    [InlineData]
    [InlineData("project")]
    [InlineData("unheard_of")]
    [InlineData("hpo_config", "craete", "a")]
    [InlineData("hpo_config", "create")]
    [InlineData("hpo_config", "create", "a", "--unheard_of", "3")]
    [InlineData("hpo_config", "create", "a", "-n")]
    public async Task Wrong_usage_ends_with_2_and_points_to_the_help(params string[] args)
    {
        CliResult result = await _hpo.RunAsync(args);

        Assert.Equal(2, result.Code);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Every_command_has_help_that_ends_with_an_example()
    {
        foreach (Command command in Leaves(HpoCli.CreateRoot(CliContext.ForProcess())))
        {
            string[] path = [.. command.Parents.OfType<Command>().Where(parent => parent is not RootCommand).Select(parent => parent.Name), command.Name];

            CliResult help = await _hpo.SucceedAsync([.. path, "--help"]);

            Assert.Contains($"Examples:{Environment.NewLine}  hpo {string.Join(' ', path)}", help.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_terminal_gets_a_drawn_table()
    {
        using CliRunner hpo = new() { IsTerminal = true };

        Assert.Contains('│', (await hpo.SucceedAsync("hpo_config", "create", "a")).Output);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Errors_have_one_exit_code_each(Exception error, int code) => Assert.Equal(code, ExitCode.Of(error));

    public static TheoryData<Exception, int> Errors() => new()
    {
        { new InvalidInputException(new Fault("a", null, "is missing")), 2 },
        { new NotFoundException("experiment", "e"), 2 },
        { new ConflictException("project", "p", "exists"), 2 },
        { new UnsupportedSpaceException("grid", "needs a list"), 2 },
        { new UnavailableException("table storage", "no"), 3 },
        { new HttpRequestException("refused"), 3 },
        { new OperationCanceledException(), 130 },
        { new InvalidOperationException("bug"), 1 },
    };

    [Fact]
    public void Unexpected_error_is_one_line_and_shows_its_stack_on_demand()
    {
        Exception error = Record.Exception(Fail)!;

        Assert.Single(Report(error, debug: null).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"{nameof(HpoCliTests)}.{nameof(Fail)}", Report(error, debug: "1"), StringComparison.Ordinal);
    }

    private static void Fail() => throw new InvalidOperationException("first\nsecond");

    private static string Report(Exception error, string? debug)
    {
        using StringWriter text = new();
        ErrorReport.Write(error, CliContext.ForProcess() with { Error = text, Variable = name => name == "HPO_DEBUG" ? debug : null });
        return text.ToString();
    }

    private static IEnumerable<Command> Leaves(Command command) => command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);
}
