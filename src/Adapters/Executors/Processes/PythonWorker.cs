using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>One interpreter that runs one segment after another, and the pipes to it.</summary>
/// <remarks>When the host dies, the worker reads the end of its input and kills itself with all it started.</remarks>
internal sealed class PythonWorker : IAsyncDisposable
{
    private const int ProtocolVersion = 1;

    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ReadGrace = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly LineReader _lines;
    private readonly StderrTail _stderr;
    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _writing = new();
    private Task _written = Task.CompletedTask;
    private bool _leadsGroup;

    private PythonWorker(Process process, string? scripts, ILogger logger)
    {
        _process = process;
        _lines = new(process.StandardOutput.BaseStream);
        _stderr = new(process.StandardError, process.Id, logger);
        Scripts = scripts;
        process.Exited += (_, _) => HasGone();
        process.EnableRaisingEvents = true;
    }

    /// <summary>The scripts folder it serves; null before the first run.</summary>
    public string? Scripts { get; }

    /// <summary>Runs begun so far.</summary>
    public long Runs { get; private set; }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts an interpreter and waits until it is ready.</summary>
    /// <exception cref="WorkerStartException">It cannot be started, or says something else than that it is ready.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is left running.</exception>
    public static async Task<PythonWorker> StartAsync(
        ProcessExecutorOptions options, string? scripts, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        if (!Directory.Exists(Path.Combine(options.HarnessPath, "hpo_trial")))
        {
            throw new WorkerStartException($"the package hpo_trial is not in {options.HarnessPath}");
        }

        Process process;
        try
        {
            process = Process.Start(StartInfo(options))!;
        }
        catch (Win32Exception error)
        {
            throw new WorkerStartException($"'{options.Python}' does not start ({error.Message})", error);
        }

        PythonWorker worker = new(process, scripts, logger);
        try
        {
            using CancellationTokenSource late = new(options.WorkerStartTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            await worker.WaitUntilReadyAsync(options, either.Token);
            return worker;
        }
        catch (Exception error)
        {
            worker.Kill();
            await worker.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            throw error is OperationCanceledException
                ? new WorkerStartException($"'{options.Python}' was not ready within {options.WorkerStartTimeout.TotalSeconds:0.#} s", error)
                : error;
        }
    }

    /// <summary>Numbers the next run.</summary>
    public long NextRun() => ++Runs;

    /// <summary>Sends a line after those sent before. Faults where the worker is gone.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> line)
    {
        lock (_writing)
        {
            return _written = WriteAfterAsync(_written, line);
        }
    }

    /// <summary>The next message; null when the worker is gone.</summary>
    /// <exception cref="WorkerProtocolException">It is no message.</exception>
    public async ValueTask<WorkerEvent?> ReadAsync()
    {
        try
        {
            return await _lines.ReadAsync(_gone.Token) is { } line ? WorkerEvent.Parse(line.Span) : null;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Lets the worker kill what it runs, and itself, as if the host had died. Idle, it leaves.</summary>
    public void HangUp()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }
    }

    /// <summary>Kills the worker and what it started in its group, at once.</summary>
    public void Kill()
    {
        bool byGroup = _leadsGroup && ProcessGroup.Supported;
        if (byGroup)
        {
            ProcessGroup.Kill(_process.Id);
        }

        try
        {
            _process.Kill(entireProcessTree: !byGroup);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    /// <summary>Waits for the end of a worker that was killed or died, and says how it ended.</summary>
    public async Task<WorkerExit> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return new(_process.ExitCode);
    }

    /// <summary>Lets an idle worker leave; kills it if it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        HangUp();
        using CancellationTokenSource late = new(ExitGrace);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _gone.Dispose();
    }

    private static ProcessStartInfo StartInfo(ProcessExecutorOptions options)
    {
        ProcessStartInfo start = new(options.Python, ["-m", "hpo_trial", "worker"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string name in start.Environment.Keys.Where(IsSecret).ToArray())
        {
            start.Environment.Remove(name);
        }

        string harness = Path.GetFullPath(options.HarnessPath);
        start.Environment["PYTHONPATH"] = start.Environment.TryGetValue("PYTHONPATH", out string? inherited) && !string.IsNullOrEmpty(inherited)
            ? harness + Path.PathSeparator + inherited
            : harness;
        return start;
    }

    /// <summary>The host's own settings (connection strings and keys among them) are no business of a trial.</summary>
    private static bool IsSecret(string name) =>
        name.StartsWith("HPO", StringComparison.OrdinalIgnoreCase) || name.StartsWith("AzureWebJobs", StringComparison.OrdinalIgnoreCase);

    private async Task WaitUntilReadyAsync(ProcessExecutorOptions options, CancellationToken cancellation)
    {
        while (await _lines.ReadAsync(cancellation) is { } line)
        {
            if (!line.Span.StartsWith("{"u8))
            {
                continue; // a start-up file of the user's Python that prints
            }

            if (WorkerEvent.Parse(line.Span) is not WorkerEvent.Ready ready)
            {
                throw new WorkerStartException($"'{options.Python}' did not say that it is ready");
            }

            if (ready.Protocol != ProtocolVersion)
            {
                throw new WorkerStartException(
                    $"the package hpo_trial in {options.HarnessPath} speaks protocol {ready.Protocol}, {ProtocolVersion} is needed");
            }

            _leadsGroup = true;
            return;
        }

        WorkerExit exit = await ExitAsync();
        string? words = await _stderr.LastLineAsync();
        throw new WorkerStartException($"'{options.Python}' ended at once ({exit}{(words is null ? string.Empty : $": {words}")})");
    }

    /// <summary>A process that the trial left behind may hold the pipe open: the end of the worker counts, too.</summary>
    private void HasGone()
    {
        try
        {
            _gone.CancelAfter(ReadGrace);
        }
        catch (ObjectDisposedException)
        {
            // It was read to the end already.
        }
    }

    private async Task WriteAfterAsync(Task before, ReadOnlyMemory<byte> line)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _process.StandardInput.BaseStream.WriteAsync(line);
    }
}
