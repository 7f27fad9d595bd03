using HpoServerless.Functions.Http;
using Spectre.Console;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Shows on stderr how an experiment goes: one moving line on a terminal, now and then a line elsewhere.</summary>
internal sealed class ProgressDisplay(CliContext context, TimeSpan? limit)
{
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(2);

    private readonly Pace _pace = new(context.Time, limit);

    /// <summary>Shows one look after another.</summary>
    /// <returns>The last one.</returns>
    public Task<ExperimentView> FollowAsync(IAsyncEnumerable<ExperimentView> looks) => context.IsErrorTerminal ? MoveAsync(looks) : PrintAsync(looks);

    private async Task<ExperimentView> MoveAsync(IAsyncEnumerable<ExperimentView> looks)
    {
        IAnsiConsole console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(context.Error) });
        ExperimentView? last = null;
        await console.Live(Text.Empty).AutoClear(true).StartAsync(async live =>
        {
            await foreach (ExperimentView look in looks)
            {
                last = look;
                live.UpdateTarget(new Text(ProgressText.Line(look, _pace)).Overflow(Overflow.Ellipsis));
                live.Refresh();
            }
        });
        context.Error.WriteLine(ProgressText.Line(last!, _pace));
        return last!;
    }

    private async Task<ExperimentView> PrintAsync(IAsyncEnumerable<ExperimentView> looks)
    {
        ExperimentView? last = null;
        ExperimentView? printed = null;
        long printedAt = context.Time.GetTimestamp();
        await foreach (ExperimentView look in looks)
        {
            last = look;
            string line = ProgressText.Line(look, _pace);
            if (printed is null || (look.Turn != printed.Turn && (look.EndedAt is not null || context.Time.GetElapsedTime(printedAt) >= Spacing)))
            {
                context.Error.WriteLine(line);
                (printed, printedAt) = (look, context.Time.GetTimestamp());
            }
        }

        return last!;
    }
}
