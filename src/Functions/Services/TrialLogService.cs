using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Services;

/// <summary>Finds the logs of trials, wherever they ran.</summary>
public sealed class TrialLogService(IArtifactStore artifacts, IExecutors executors)
{
    /// <summary>Writes the log of a trial to a stream.</summary>
    /// <returns>Whether there is one; false has written nothing.</returns>
    public async Task<bool> CopyAsync(ExperimentRecord experiment, Trial trial, Stream destination, CancellationToken cancellation) =>
        await artifacts.CopyToAsync(TrialLog.NameFor(experiment.Id, trial.Number), destination, cancellation)
        || (LogsOf(trial.Site ?? experiment.Definition.Site) is { } local && await local.CopyLogAsync(experiment.Id, trial.Number, destination, cancellation));

    private ITrialLogs? LogsOf(string site)
    {
        try
        {
            return executors.For(site) as ITrialLogs;
        }
        catch (NotFoundException)
        {
            return null; // the site was taken out of the installation
        }
    }
}
