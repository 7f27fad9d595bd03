using System.Collections.Immutable;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Http;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Health;

/// <summary>Asks storage whether it answers. Anybody may want to know, so an answer counts for a while and nobody waits long for it.</summary>
public sealed partial class HealthChecks
{
    /// <summary>How long an answer counts.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>How long one check may take.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const string ProbeName = "health/probe";

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ImmutableArray<(string Name, Func<CancellationToken, Task> Ask)> _checks;
    private readonly Lock _gate = new();
    private Task<ImmutableArray<HealthCheckView>>? _last;
    private long _askedAt;

    /// <summary>Checks of the stores and the queue of an installation.</summary>
    public HealthChecks(IExperimentStore experiments, IArtifactStore artifacts, ITrialQueue queue, TimeProvider time, ILogger<HealthChecks> logger)
        : this(
            [
                ("table", token => experiments.ListAsync(new(Size: 1), token)),
                ("blob", token => artifacts.FindAsync(ProbeName, token)),
                ("queue", token => (queue as IProbe)?.ProbeAsync(token) ?? Task.CompletedTask),
            ],
            time,
            logger)
    {
    }

    internal HealthChecks(ImmutableArray<(string Name, Func<CancellationToken, Task> Ask)> checks, TimeProvider time, ILogger logger)
    {
        _checks = checks;
        _time = time;
        _logger = logger;
    }

    /// <summary>What every check says. Any number of callers at the same time cost one question.</summary>
    public Task<ImmutableArray<HealthCheckView>> AskAsync()
    {
        lock (_gate)
        {
            if (_last is null || (_last.IsCompleted && _time.GetElapsedTime(_askedAt) >= Fresh))
            {
                _askedAt = _time.GetTimestamp();
                _last = AskAllAsync();
            }

            return _last;
        }
    }

    private async Task<ImmutableArray<HealthCheckView>> AskAllAsync() => [.. await Task.WhenAll(_checks.Select(check => Task.Run(() => AskAsync(check.Name, check.Ask))))];

    private async Task<HealthCheckView> AskAsync(string name, Func<CancellationToken, Task> ask)
    {
        long began = _time.GetTimestamp();
        string status = "ok";
        using CancellationTokenSource patience = new(Patience, _time);
        try
        {
            await ask(patience.Token).WaitAsync(patience.Token); // whether it listens to the token or not
        }
        catch (Exception error)
        {
            status = patience.IsCancellationRequested ? "slow" : "failed";
            LogUnhealthy(error, name, status); // anonymous callers hear no more than the name
        }

        return new(name, status, Math.Round(_time.GetElapsedTime(began).TotalMilliseconds, 1));
    }

    [LoggerMessage(1301, LogLevel.Error, "The health check {Check} is {Status}", EventName = "Unhealthy")]
    private partial void LogUnhealthy(Exception error, string check, string status);
}
