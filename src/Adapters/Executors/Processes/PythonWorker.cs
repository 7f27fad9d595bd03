using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>One interpreter that runs one segment after another, and the pipes to it.</summary>
/// <remarks>When the host dies, the worker reads the end of its input and kills itself with all it started.</remarks>
internal sealed class PythonWorker : TrialWorker
{
    /// <summary>What host and worker speak.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>Variables by which programs find their input data; the only ones of the host's own names that reach them.</summary>
    internal static readonly string[] InputVariables = ["HPOGRID_DATA_DIR", "HPOGRID_WORK_DIR"];

    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(2);

    private static readonly string[] GridTokens = ["PANDA_AUTH_ID_TOKEN", "OIDC_AUTH_ID_TOKEN"];

    private static readonly TimeSpan ReadGrace = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly LineReader _lines;
    private readonly StderrTail _stderr;
    private readonly CancellationTokenSource _gone = new();
    private readonly Lock _writing = new();
    private Task _written = Task.CompletedTask;
    private int? _group;

    private PythonWorker(Process process, IWorkerPlace place, string? scripts, ILogger logger)
        : base(place, scripts)
    {
        _process = process;
        _lines = new(process.StandardOutput.BaseStream);
        _stderr = new(process.StandardError, process.Id, logger);
        process.Exited += (_, _) => HasGone();
        process.EnableRaisingEvents = true;
    }

    /// <inheritdoc/>
    public override bool HasExited => _process.HasExited;

    /// <summary>Starts an interpreter and waits until it is ready.</summary>
    /// <param name="start">The program and what it is told. The host's own settings are taken from its environment.</param>
    /// <param name="place">Where it runs; released at the end of the worker, also where it does not get as far as being ready.</param>
    /// <param name="scripts">Folder of the scripts that it is to serve.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what the worker complains of.</param>
    /// <param name="cancellation">Gives up; nothing is left running.</param>
    /// <exception cref="WorkerStartException">It cannot be started, or says something else than that it is ready.</exception>
    /// <exception cref="UnavailableException">The machine cannot be reached.</exception>
    public static async Task<PythonWorker> StartAsync(
        ProcessStartInfo start, IWorkerPlace place, string? scripts, TimeSpan patience, TimeProvider time, ILogger logger, CancellationToken cancellation)
    {
        Process process;
        try
        {
            process = Process.Start(Piped(start))!;
        }
        catch (Win32Exception error)
        {
            place.Release();
            throw new WorkerStartException($"{place.Interpreter} does not start ({error.Message})", place.Advice, error);
        }

        PythonWorker worker = new(process, place, scripts, logger);
        try
        {
            using CancellationTokenSource late = new(patience, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            await worker.WaitUntilReadyAsync(either.Token);
            return worker;
        }
        catch (Exception error)
        {
            worker.Kill();
            await worker.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            throw error is OperationCanceledException
                ? new WorkerStartException($"{place.Interpreter} was not ready within {patience.TotalSeconds:0.#} s", place.Advice, error)
                : error;
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(ReadOnlyMemory<byte> line)
    {
        lock (_writing)
        {
            return _written = WriteAfterAsync(_written, line);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<WorkerEvent?> ReadAsync()
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

    /// <inheritdoc/>
    public override void HangUp()
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

    /// <inheritdoc/>
    public override void Kill()
    {
        bool byGroup = _group is not null && ProcessGroup.Supported;
        if (byGroup)
        {
            Place.KillGroup(_group!.Value);
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

    /// <inheritdoc/>
    public override async Task<WorkerExit> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return new(_process.ExitCode);
    }

    /// <inheritdoc/>
    public override async Task<string?> WhyLostAsync(WorkerExit exit) => Place.WhyLost(exit, null) is null ? null : Place.WhyLost(exit, await LastWordsAsync());

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
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
        Place.Release();
    }

    private static ProcessStartInfo Piped(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.StandardErrorEncoding = Encoding.UTF8;
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        foreach (string name in start.Environment.Keys.Where(IsSecret).ToArray())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    /// <summary>The host's own settings (connection strings and keys among them) are no business of a trial, and neither is who asks a grid.</summary>
    internal static bool IsSecret(string name) =>
        GridTokens.Contains(name)
        || ((name.StartsWith("HPO", StringComparison.OrdinalIgnoreCase) || name.StartsWith("AzureWebJobs", StringComparison.OrdinalIgnoreCase))
        && !InputVariables.Contains(name));

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        while (await _lines.ReadAsync(cancellation) is { } line)
        {
            if (!line.Span.StartsWith("{"u8))
            {
                continue; // a start-up file of the user's Python that prints
            }

            if (WorkerEvent.Parse(line.Span) is not WorkerEvent.Ready ready)
            {
                throw new WorkerStartException($"{Place.Interpreter} did not say that it is ready", Place.Advice);
            }

            if (ready.Protocol != ProtocolVersion)
            {
                throw new WorkerStartException(
                    $"the package hpo_trial of {Place.Interpreter} speaks protocol {ready.Protocol}, {ProtocolVersion} is needed", Place.Advice);
            }

            _group = ready.Process;
            return;
        }

        WorkerExit exit = await ExitAsync();
        string? words = await LastWordsAsync();
        throw EndedAtOnce(exit, words);
    }

    /// <summary>The last complaint of a worker that is gone.</summary>
    private async Task<string?> LastWordsAsync()
    {
        try
        {
            return await _stderr.LastLineAsync().WaitAsync(ReadGrace);
        }
        catch (TimeoutException)
        {
            return null; // a process that the trial left behind holds the pipe open
        }
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
