using Microsoft.Extensions.Hosting;

namespace HpoServerless.Functions.Telemetry;

/// <summary>Keeps telemetry going for as long as the app runs, and sends what is left when it stops.</summary>
/// <param name="options">Where it goes.</param>
internal sealed class TelemetryHost(TelemetryOptions options) : IHostedService
{
    private TelemetryPipeline? _pipeline;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _pipeline = TelemetryPipeline.Start(options);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _pipeline?.Dispose();
        return Task.CompletedTask;
    }
}
