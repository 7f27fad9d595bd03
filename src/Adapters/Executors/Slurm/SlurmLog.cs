using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>What the executor on Slurm logs.</summary>
internal static partial class SlurmLog
{
    [LoggerMessage(2680, LogLevel.Warning, "The jobs of site {Site} could not be looked at; that is tried again")]
    public static partial void NotWatched(ILogger logger, string site, Exception error);

    [LoggerMessage(2681, LogLevel.Warning, "The job {Job} could not be cancelled; that is tried again")]
    public static partial void NotCancelled(ILogger logger, long job, Exception error);
}
