using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost;

/// <summary>Tells every experiment that had not ended that the host was away. The reconciler then sets them going.</summary>
internal sealed partial class Resumption(IExperimentStore experiments, IInbox inbox, TimeProvider time, ILogger<Resumption> logger)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        string id = $"c-{Guid.CreateVersion7(time.GetUtcNow()):n}";
        string? continuation = null;
        do
        {
            Page<ExperimentRecord> page = await experiments.ListAsync(new(Continuation: continuation), cancellation);
            foreach (ExperimentRecord experiment in page.Items.Where(e => !e.Summary.IsFinal && e.Summary.Turn > 0))
            {
                await ResumeAsync(experiment, id, cancellation);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    private async Task ResumeAsync(ExperimentRecord experiment, string id, CancellationToken cancellation)
    {
        try
        {
            await inbox.PostAsync(experiment.Id, new CommandGiven(id, ExperimentCommand.HostRestarted, "host"), cancellation);
            LogResumed(experiment.Id, experiment.Summary.Turn);
        }
        catch (ConflictException error)
        {
            LogTaken(experiment.Id, error.Message);
        }
    }

    [LoggerMessage(2021, LogLevel.Information, "Experiment {Experiment} goes on after turn {Turn}")]
    private partial void LogResumed(string experiment, int turn);

    [LoggerMessage(2022, LogLevel.Warning, "Experiment {Experiment} runs elsewhere: {Detail}")]
    private partial void LogTaken(string experiment, string detail);
}
