namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>The logs of the trials that ran on this machine.</summary>
public static class LogFiles
{
    /// <summary>Writes the log of a trial to a stream, without the executor that ran it.</summary>
    /// <param name="workFolder">Data folder of the executor.</param>
    /// <param name="experiment">Id of the experiment.</param>
    /// <param name="trial">Number of the trial.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether there is one; false has written nothing.</returns>
    public static Task<bool> CopyAsync(string workFolder, string experiment, int trial, Stream destination, CancellationToken cancellation) =>
        CopyAsync(TrialFolders.LogIn(new TrialFolders(workFolder).Of(experiment, trial)), destination, cancellation);

    internal static async Task<bool> CopyAsync(string path, Stream destination, CancellationToken cancellation)
    {
        FileStream log;
        try
        {
            log = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        await using (log)
        {
            await log.CopyToAsync(destination, cancellation);
        }

        return true;
    }
}
