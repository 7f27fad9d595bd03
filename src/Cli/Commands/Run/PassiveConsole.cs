using System.Globalization;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Asks the person at the console about the trials of passive sites.</summary>
/// <param name="context">The world around; its input is read.</param>
/// <param name="host">Runs the experiments.</param>
internal sealed class PassiveConsole(CliContext context, EmbeddedHost host)
{
    private const string FailedMark = "failed";
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>Whether a person sits at the console and has something to answer.</summary>
    public async Task<bool> IsNeededAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        foreach (string id in context.IsInputTerminal ? ids : [])
        {
            if (await DeskOfAsync(id, cancellation) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks until the experiments have ended, the input is closed, or the run is interrupted.</summary>
    public async Task FollowAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        foreach (string id in ids)
        {
            await FollowAsync(id, cancellation);
        }
    }

    private async Task<WorkerBoard?> DeskOfAsync(string id, CancellationToken cancellation)
    {
        ExperimentDefinition definition = (await host.Services.GetRequiredService<ExperimentService>().FindAsync(id, cancellation)).Definition;
        return host.Services.GetRequiredService<WorkBoards>().All.FirstOrDefault(board => board.Options.IsPassive && definition.SiteNames.Contains(board.Options.Site));
    }

    private async Task FollowAsync(string id, CancellationToken cancellation)
    {
        AskTellService service = host.Services.GetRequiredService<AskTellService>();
        try
        {
            WorkerBoard? desk = await DeskOfAsync(id, cancellation);
            while (desk is not null)
            {
                if (await service.AskAsync(host.Client, id, new(null, desk.Options.Site, Wait), cancellation) is not { } asked)
                {
                    continue;
                }

                if (await AnswerAsync(AskView.Of(asked), cancellation) is not { } told)
                {
                    return;
                }

                await service.TellAsync(host.Client, id, told, cancellation);
            }
        }
        catch (Exception error) when (error is ConflictException or OperationCanceledException)
        {
            // It has ended, or goes on with --resume.
        }
    }

    /// <summary>What the person says; null where the input is closed.</summary>
    private async Task<TellRequest?> AnswerAsync(AskView asked, CancellationToken cancellation)
    {
        TrialQuestion.Print(new(context with { Output = context.Error, IsOutputTerminal = context.IsErrorTerminal }), asked.Trial, asked.Configuration);
        while (true)
        {
            await context.Error.WriteAsync($"{asked.Metric} (or \"{FailedMark} WHY\"): ");
            await context.Error.FlushAsync(cancellation);
            if (await Task.Run(context.Input.ReadLine, CancellationToken.None).WaitAsync(cancellation) is not { } line)
            {
                return null;
            }

            line = line.Trim();
            if (double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
            {
                return new(asked.Trial, asked.Lease, new([KeyValuePair.Create(asked.Metric, value)]), null, null, null);
            }

            if (line.StartsWith(FailedMark, StringComparison.OrdinalIgnoreCase))
            {
                return new(asked.Trial, asked.Lease, null, null, null, line[FailedMark.Length..].Trim(' ', ':') is { Length: > 0 } why ? why : "failed");
            }

            await context.Error.WriteLineAsync($"\"{line}\" is no number");
        }
    }
}
