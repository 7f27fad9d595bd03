using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Functions;
using HpoServerless.Functions.Services;
using HpoServerless.Functions.Telemetry;
using HpoServerless.LocalHost.Discovery;
using HpoServerless.LocalHost.Durable;
using HpoServerless.LocalHost.Http;
using HpoServerless.LocalHost.Queues;
using HpoServerless.LocalHost.Timers;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost;

/// <summary>The Functions app in this process: its HTTP triggers on Kestrel, its queue and timer triggers, its orchestrations in memory.</summary>
/// <remarks>
/// What has to survive the process is in the store. On start every experiment that had not ended goes on;
/// the time since its last turn does not count against its time limit.
/// </remarks>
public sealed class EmbeddedHost : IAsyncDisposable
{
    private readonly EmbeddedHostOptions _options;
    private readonly TelemetryPipeline? _telemetry;
    private readonly ServiceProvider _services;
    private readonly LocalDurableRuntime _runtime;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly List<Task> _listeners = [];
    private HttpFrontEnd? _http;
    private Task? _stopped;

    private EmbeddedHost(EmbeddedHostOptions options, HostKeys keys)
    {
        _telemetry = TelemetryPipeline.Start(options.Telemetry);
        _options = _telemetry?.Logs is { } logs ? options with { Logging = new TwoLoggerFactories(options.Logging, logs) } : options;
        Keys = keys;
        _services = HostServices.Build(_options, keys);
        _runtime = _services.GetRequiredService<LocalDurableRuntime>();
    }

    /// <summary>The composed product: services of the Functions app, ports, executors.</summary>
    public IServiceProvider Services => _services;

    /// <summary>Starts and watches orchestrations.</summary>
    public DurableTaskClient Client => _runtime.Client;

    /// <summary>Where the HTTP API is; null where there is none.</summary>
    public Uri? BaseAddress => _http?.Address;

    /// <summary>The secrets of this installation.</summary>
    public HostKeys Keys { get; }

    /// <summary>Starts a host.</summary>
    /// <exception cref="InvalidInputException">The options are not valid; lists all faults.</exception>
    /// <exception cref="ConflictException">Another process has the data folder open.</exception>
    /// <exception cref="UnavailableException">The port is taken, or the storage account does not answer.</exception>
    public static async Task<EmbeddedHost> StartAsync(EmbeddedHostOptions options, CancellationToken cancellation = default)
    {
        options.Validate();
        EmbeddedHost host = new(options, options.DataFolder is { } folder ? KeyFile.LoadOrCreate(folder) : HostKeys.Create());
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes nothing new, waits for what runs, ends the rest, all within <see cref="EmbeddedHostOptions.StopGrace"/>. Experiments that have not ended go on at the next start.</summary>
    public Task StopAsync() => _stopped ??= StopOnceAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        _telemetry?.Dispose();
        _stopping.Dispose();
        _aborting.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        ImmutableArray<(FunctionEntry Entry, FunctionInvoker Invoker)> functions =
        [
            .. FunctionCatalog.Discover(typeof(HpoOptions).Assembly).Select(entry => (entry, new FunctionInvoker(entry, _services, Client))),
        ];
        foreach ((FunctionEntry entry, FunctionInvoker invoker) in functions)
        {
            Register(entry, invoker);
        }

        await _services.GetRequiredService<Resumption>().RunAsync(cancellation);
        foreach ((FunctionEntry entry, FunctionInvoker invoker) in functions)
        {
            Listen(entry, invoker);
        }

        if (_options.HttpPort is { } port)
        {
            _http = await HttpFrontEnd.StartAsync(port, functions, _options.Logging, cancellation);
            _services.GetRequiredService<TrialAccess>().Address ??= _http.Address;
        }
    }

    private void Register(FunctionEntry entry, FunctionInvoker invoker)
    {
        switch (entry.Trigger)
        {
            case OrchestrationTriggerAttribute:
                _runtime.AddOrchestrator(entry.Name, context => invoker.InvokeAsync(context, CancellationToken.None));
                break;
            case ActivityTriggerAttribute:
                Type input = entry.TriggerType;
                _runtime.AddActivity(entry.Name, (call, token) => invoker.InvokeAsync(call.GetInput(input), token));
                break;
            default:
                break; // has a listener of its own
        }
    }

    private void Listen(FunctionEntry entry, FunctionInvoker invoker)
    {
        ILoggerFactory logging = _options.Logging;
        switch (entry.Trigger)
        {
            case QueueTriggerAttribute trigger:
                IMessageQueue queue = _services.GetRequiredService<IQueueProvider>().Open(trigger.QueueName);
                _listeners.Add(new QueueListener(queue, (text, token) => invoker.InvokeAsync(text, token), _options.Time, logging.CreateLogger<QueueListener>()).RunAsync(_stopping.Token, _aborting.Token));
                break;
            case TimerTriggerAttribute trigger:
                _listeners.Add(new TimerListener(entry.Name, trigger, (timer, token) => invoker.InvokeAsync(timer, token), _options.Time, logging.CreateLogger<TimerListener>())
                    .RunAsync(_stopping.Token, _aborting.Token));
                break;
            default:
                break;
        }
    }

    private async Task StopOnceAsync()
    {
        long began = _options.Time.GetTimestamp();
        Task http = _http?.StopAsync(_options.StopGrace) ?? Task.CompletedTask; // what waits there for a decision would keep the rest from its time
        await _stopping.CancelAsync();
        _aborting.CancelAfter(_options.StopGrace);
        await Task.WhenAll(_listeners).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TimeSpan left = _options.StopGrace - _options.Time.GetElapsedTime(began);
        await _runtime.StopAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        await http;
        await _aborting.CancelAsync();
    }
}
