using Azure.Core;
using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HpoServerless.Functions.Telemetry;

/// <summary>Sends spans, metrics and logs to where the settings say. Disposing it sends what is left, for a few seconds at most.</summary>
public sealed class TelemetryPipeline : IDisposable
{
    private const string Sources = "HpoServerless.*";
    private const int FlushMs = 5000;

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;
    private readonly Lazy<ILoggerFactory>? _logs;
    private int _disposed;

    private TelemetryPipeline(TelemetryOptions options)
    {
        TracerProviderBuilder traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resource()).AddSource(Sources);
        MeterProviderBuilder metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource()).AddMeter(Sources);
        if (options.HasCollector)
        {
            traces.AddOtlpExporter();
            metrics.AddOtlpExporter();
            _logs = new(() => LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Information).AddOpenTelemetry(Export)));
        }

        if (options.ApplicationInsights is { } connection)
        {
            TokenCredential credential = new ManagedIdentityCredential(
                options.ClientId is { } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);
            traces.AddAzureMonitorTraceExporter(exporter => exporter.ConnectionString = connection, credential);
            metrics.AddAzureMonitorMetricExporter(exporter => exporter.ConnectionString = connection, credential);
        }

        _traces = traces.Build();
        _metrics = metrics.Build();
    }

    /// <summary>Sends logs with their scopes to the collector; null where there is none. Made when somebody asks: the Functions app logs by another way.</summary>
    public ILoggerFactory? Logs => _logs?.Value;

    /// <summary>Whether somebody asked for <see cref="Logs"/>.</summary>
    internal bool HasLogs => _logs is { IsValueCreated: true };

    /// <summary>Begins to send.</summary>
    /// <returns>Null where telemetry goes nowhere.</returns>
    /// <exception cref="PlatformNotSupportedException">Application Insights is wanted of a program that was built without its exporter.</exception>
    public static TelemetryPipeline? Start(TelemetryOptions options) => options.IsWanted ? new(options) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        _traces.Shutdown(FlushMs);
        _metrics.Shutdown(FlushMs);
        _traces.Dispose();
        _metrics.Dispose();
        if (_logs is { IsValueCreated: true })
        {
            _logs.Value.Dispose();
        }
    }

    /// <summary>Sends logs with their scopes to a collector.</summary>
    internal static void Export(OpenTelemetryLoggerOptions logs)
    {
        logs.IncludeScopes = true;
        logs.SetResourceBuilder(Resource()).AddOtlpExporter();
    }

    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService("hpo-serverless", serviceVersion: typeof(TelemetryPipeline).Assembly.GetName().Version!.ToString(3))
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
