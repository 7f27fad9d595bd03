using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Runs segments on other machines, in warm Python processes at the other end of SSH connections.</summary>
/// <remarks>
/// <para>A program runs as long as the connection holds, unless <see cref="SshOptions.AsyncRun"/> says otherwise. A segment whose connection breaks is lost, which is no fault of its program,
/// and ends on the node, too; it goes on from its last checkpoint, on any node.</para>
/// <para>With <see cref="SshOptions.AsyncRun"/> a program runs without a connection, and its worker's pipes are files on the node that are visited now and then.
/// It survives broken connections and the end of this host; the next one finds it by what was written down here.</para>
/// <para>All but the programs is as with <see cref="ProcessExecutor"/>: logs and what ended are on this machine, checkpoints in the artifact store.</para>
/// </remarks>
public sealed class SshExecutor : ITrialExecutor, ITrialLogs, IAsyncDisposable
{
    private readonly ProcessExecutor _executor;
    private readonly ImmutableArray<SshMachine> _machines;
    private readonly CancellationTokenSource _ending = new();
    private readonly TemporaryFolder _sockets;
    private readonly ILogger _logger;
    private readonly bool _visits;

    /// <summary>An executor without any connection yet.</summary>
    /// <param name="options">The site.</param>
    /// <param name="workFolder">Data folder of this machine, which the process executor may use as well.</param>
    /// <param name="events">Hears from segments.</param>
    /// <param name="artifacts">Where scripts and checkpoints are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public SshExecutor(
        SshOptions options, string workFolder, ISegmentEvents events, IArtifactStore artifacts, TimeProvider? time = null, ILogger<SshExecutor>? logger = null)
        : this(options, workFolder, events, artifacts, new FixedAddresses(), time, logger)
    {
    }

    /// <summary>An executor whose machines have other addresses from time to time.</summary>
    internal SshExecutor(
        SshOptions options,
        string workFolder,
        ISegmentEvents events,
        IArtifactStore artifacts,
        ISshAddresses addresses,
        TimeProvider? time,
        ILogger<SshExecutor>? logger)
    {
        options.Validate();
        _visits = options.AsyncRun;
        TimeProvider clock = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<SshExecutor>.Instance;
        ProcessExecutorOptions local = new()
        {
            Site = options.Site,
            WorkFolder = workFolder,
            MaxWorkers = options.Nodes.Length * options.Slots,
            StopGrace = options.StopGrace,
            PauseGrace = options.PauseGrace,
        };
        _sockets = TemporaryFolder.Create(Path.GetTempPath(), "hpo-ssh-");
        _machines =
        [
            .. options.Nodes.Select((node, i) => new SshMachine(
                options, node, addresses, local.HarnessPath, Directory.CreateDirectory(Path.Join(_sockets.Path, i.ToString(CultureInfo.InvariantCulture))).FullName, clock)),
        ];
        DetachedSegments? detached = options.AsyncRun
            ? new(Path.Join(Path.GetFullPath(workFolder), "detached", options.Site), _machines, options.WaitAfter, _logger, _ending.Token)
            : null;
        _executor = new(
            local,
            $"segments-{options.Site}.jsonl",
            events,
            artifacts,
            clock,
            _logger,
            folders => new SshWorkers(options, _machines, detached, folders, local.WorkerStartTimeout, clock, _logger),
            memory: detached);
        detached?.ResumeEndings();
    }

    /// <inheritdoc/>
    public string Site => _executor.Site;

    /// <inheritdoc/>
    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation) => _executor.StartAsync(work, cancellation);

    /// <inheritdoc/>
    public Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) => _executor.PollAsync(segment, handle, cancellation);

    /// <inheritdoc/>
    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) =>
        _executor.InterruptAsync(segment, handle, kind, cancellation);

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(CancellationToken cancellation) => _executor.SlotsAsync(cancellation);

    /// <inheritdoc/>
    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation) => _executor.ForgetAsync(segment, handle, cancellation);

    /// <summary>Removes what is kept here, and on the nodes that there is a connection to.</summary>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        await _executor.RemoveAsync(experiment, cancellation);
        foreach (SshMachine machine in _machines.Where(m => m.Root.Length > 0 && (_visits || m.Client.IsConnected)))
        {
            try
            {
                string command = $"rm -rf {ShellText.Quote($"{machine.Root}/experiments/{experiment}")}";
                await machine.VisitAsync(
                    async () =>
                    {
                        await machine.Client.RunAsync(command, input: null, output: null, cancellation);
                        return true;
                    },
                    cancellation);
            }
            catch (UnavailableException error)
            {
                SshLog.RemovalMissed(_logger, experiment, machine.Name, error);
            }
        }
    }

    /// <inheritdoc/>
    public Task<bool> CopyLogAsync(string experiment, int trial, Stream destination, CancellationToken cancellation) =>
        _executor.CopyLogAsync(experiment, trial, destination, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        await _ending.CancelAsync();
        await _executor.DisposeAsync();
        foreach (SshMachine machine in _machines)
        {
            await machine.DisposeAsync();
        }

        _sockets.Dispose();
        _ending.Dispose();
    }
}
