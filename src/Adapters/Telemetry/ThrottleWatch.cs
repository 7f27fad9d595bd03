using System.Diagnostics.Metrics;
using Azure.Core;
using Azure.Core.Pipeline;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Telemetry;

/// <summary>Tells logs and metrics where storage asks to be asked less often. Its clients repeat such requests by themselves, so nobody else would notice.</summary>
/// <param name="service">What is asked.</param>
/// <param name="logger">Where to.</param>
public sealed partial class ThrottleWatch(string service, ILogger logger) : HttpPipelineSynchronousPolicy
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "HpoServerless.Adapters";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Throttled = Meter.CreateCounter<long>("hpo.storage.throttled", "{response}", "Answers of storage that ask to be asked less often");

    /// <inheritdoc/>
    public override void OnReceivedResponse(HttpMessage message)
    {
        if (message.HasResponse && message.Response.Status is 429 or 503)
        {
            Throttled.Add(1, new KeyValuePair<string, object?>("hpo.service", service));
            LogThrottled(service, message.Response.Status);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "{Service} asks to be asked less often (status {Status})", EventName = "StorageThrottled")]
    private partial void LogThrottled(string service, int status);
}
