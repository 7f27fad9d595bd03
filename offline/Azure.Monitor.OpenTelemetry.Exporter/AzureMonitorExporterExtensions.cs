using Azure.Core;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Azure.Monitor.OpenTelemetry.Exporter;

public static class AzureMonitorExporterExtensions
{
    public static MeterProviderBuilder AddAzureMonitorMetricExporter(
        this MeterProviderBuilder builder, Action<AzureMonitorExporterOptions> configure = null, TokenCredential credential = null, string name = null) => throw Refusal();

    public static TracerProviderBuilder AddAzureMonitorTraceExporter(
        this TracerProviderBuilder builder, Action<AzureMonitorExporterOptions> configure = null, TokenCredential credential = null, string name = null) => throw Refusal();

    private static PlatformNotSupportedException Refusal() => new(
        "telemetry for Application Insights was built without Azure.Monitor.OpenTelemetry.Exporter: build with -p:AzurePackages=official, or leave APPLICATIONINSIGHTS_CONNECTION_STRING away");
}
