namespace HpoServerless.Engine.Ports;

/// <summary>An executor that keeps the logs of its trials itself, in place of the artifact store.</summary>
public interface ITrialLogs
{
    /// <summary>Writes the log of a trial to a stream, also while it grows.</summary>
    /// <returns>Whether there is one; false has written nothing.</returns>
    Task<bool> CopyLogAsync(string experiment, int trial, Stream destination, CancellationToken cancellation);
}
