using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Reads what a worker itself (not a trial) complains about: into the log, and the last line for error messages.</summary>
internal sealed class StderrTail
{
    private const int LineLimit = 1000;

    private readonly Task<string?> _lastLine;

    public StderrTail(StreamReader stderr, int process, ILogger logger) => _lastLine = ReadAsync(stderr, process, logger);

    /// <summary>The last line, once the worker is gone.</summary>
    public Task<string?> LastLineAsync() => _lastLine;

    private static async Task<string?> ReadAsync(StreamReader stderr, int process, ILogger logger)
    {
        string? last = null;
        try
        {
            while (await stderr.ReadLineAsync() is { } line)
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    last = line.Length > LineLimit ? line[..LineLimit] : line;
                    ProcessExecutorLog.WorkerComplains(logger, process, last);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The worker was ended while it spoke.
        }

        return last;
    }
}
