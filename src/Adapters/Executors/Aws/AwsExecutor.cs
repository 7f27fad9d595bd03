using System.Collections.Concurrent;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>Runs segments on instances of EC2 that it starts when they are needed: <see cref="SshExecutor"/> on machines whose addresses change.</summary>
public sealed class AwsExecutor : ITrialExecutor, ITrialLogs, IAsyncDisposable
{
    private readonly ConcurrentDictionary<SegmentId, bool> _running = new();
    private readonly SshExecutor _executor;
    private readonly Ec2Machines _machines;
    private readonly bool _stops;

    /// <summary>An executor that has started nothing yet. Keys come from where AWS's own tools take them.</summary>
    /// <param name="options">The site.</param>
    /// <param name="workFolder">Data folder of this machine.</param>
    /// <param name="events">Hears from segments.</param>
    /// <param name="artifacts">Where scripts and checkpoints are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <exception cref="InvalidInputException">The options have faults; lists all of them.</exception>
    public AwsExecutor(
        AwsOptions options, string workFolder, ISegmentEvents events, IArtifactStore artifacts, TimeProvider? time = null, ILogger<SshExecutor>? logger = null)
        : this(options, workFolder, events, artifacts, FindKeysAsync, time, logger)
    {
    }

    internal AwsExecutor(
        AwsOptions options,
        string workFolder,
        ISegmentEvents events,
        IArtifactStore artifacts,
        Func<CancellationToken, Task<AwsKeys>> keys,
        TimeProvider? time = null,
        ILogger<SshExecutor>? logger = null)
    {
        TimeProvider clock = time ?? TimeProvider.System;
        _stops = options.StopAfter;
        string folder = Path.Join(Path.GetFullPath(workFolder), "aws", options.Ssh.Site);
        _machines = new(options, new(options, keys, clock), folder, clock, logger ?? NullLogger<SshExecutor>.Instance);
        _executor = new(options.Ssh, workFolder, events, artifacts, _machines, clock, logger);
    }

    /// <inheritdoc/>
    public string Site => _executor.Site;

    /// <inheritdoc/>
    public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        _running[work.Segment] = true;
        return _executor.StartAsync(work, cancellation);
    }

    /// <inheritdoc/>
    public async Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        SegmentOutcome? outcome = await _executor.PollAsync(segment, handle, cancellation);
        if (outcome is null)
        {
            _running[segment] = true; // maybe of a host before this one
        }
        else
        {
            _running.TryRemove(segment, out _);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) =>
        _executor.InterruptAsync(segment, handle, kind, cancellation);

    /// <inheritdoc/>
    public Task<int?> SlotsAsync(CancellationToken cancellation) => _executor.SlotsAsync(cancellation);

    /// <inheritdoc/>
    public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
    {
        _running.TryRemove(segment, out _);
        return _executor.ForgetAsync(segment, handle, cancellation);
    }

    /// <summary>Stops the instances that were used, where that is wanted and nothing else runs here.</summary>
    public async Task FinishAsync(string experiment, CancellationToken cancellation)
    {
        if (_stops && !_running.Keys.Any(segment => segment.Experiment != experiment))
        {
            await _machines.StopAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string experiment, CancellationToken cancellation)
    {
        foreach (SegmentId segment in _running.Keys.Where(s => s.Experiment == experiment))
        {
            _running.TryRemove(segment, out _);
        }

        await _executor.RemoveAsync(experiment, cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> CopyLogAsync(string experiment, int trial, Stream destination, CancellationToken cancellation) =>
        _executor.CopyLogAsync(experiment, trial, destination, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _executor.DisposeAsync();
        _machines.Dispose();
    }

    private static async Task<AwsKeys> FindKeysAsync(CancellationToken cancellation)
    {
        try
        {
            ImmutableCredentials found = await DefaultAWSCredentialsIdentityResolver.GetCredentials().GetCredentialsAsync();
            return new(found.AccessKey, found.SecretKey, found.UseToken ? found.Token : null);
        }
        catch (AmazonClientException error)
        {
            throw new UnavailableException("the keys of AWS", "none were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role", error);
        }
    }
}
