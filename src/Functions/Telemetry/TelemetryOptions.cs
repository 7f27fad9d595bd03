using HpoServerless.Functions.Settings;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Functions.Telemetry;

/// <summary>Where telemetry goes. The exporter of OTLP reads its further variables (<c>OTEL_EXPORTER_OTLP_…</c>) itself.</summary>
/// <param name="HasCollector">Whether a collector of OTLP is named.</param>
/// <param name="ApplicationInsights">Connection string of Application Insights; null where there is none.</param>
/// <param name="ClientId">Client id of the user-assigned identity that signs what goes there; null for the app's own.</param>
public sealed record TelemetryOptions(bool HasCollector, string? ApplicationInsights = null, string? ClientId = null)
{
    /// <summary>Whether telemetry goes anywhere.</summary>
    public bool IsWanted => HasCollector || ApplicationInsights is not null;

    /// <summary>Reads the settings.</summary>
    public static TelemetryOptions Read(IConfiguration configuration) => Read(name => configuration[name]);

    /// <summary>Reads environment variables.</summary>
    public static TelemetryOptions Read(Func<string, string?> variable)
    {
        return new(Known(ServiceSettings.Collector) is not null, Known(ServiceSettings.ApplicationInsights), ClientIdIn(Known(ServiceSettings.ApplicationInsightsIdentity)));

        string? Known(Setting setting) => variable(setting.EnvironmentName) is { Length: > 0 } value ? value : null;
    }

    /// <summary>Says what it is, not what it holds.</summary>
    public override string ToString() => nameof(TelemetryOptions);

    private static string? ClientIdIn(string? identity) => identity?.Split(';')
        .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(part => part.Length == 2 && string.Equals(part[0], "ClientId", StringComparison.OrdinalIgnoreCase))?[1];
}
