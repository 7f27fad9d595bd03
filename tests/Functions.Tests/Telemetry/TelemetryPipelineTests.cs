using System.Diagnostics;
using HpoServerless.Contracts.Telemetry;
using HpoServerless.Functions.Telemetry;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Telemetry;

/// <summary>What becomes of spans and logs of this process.</summary>
public sealed class TelemetryPipelineTests : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private readonly string? _endpoint = Environment.GetEnvironmentVariable(Endpoint);
    private readonly string? _protocol = Environment.GetEnvironmentVariable(Protocol);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Endpoint, _endpoint);
        Environment.SetEnvironmentVariable(Protocol, _protocol);
    }

    [Fact]
    public async Task The_exporter_of_logs_is_made_when_somebody_asks_and_sends_what_is_left_at_the_end()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        using ActivitySource source = new("HpoServerless.PipelineTest");
        SendTo(collector);
        using (TelemetryPipeline pipeline = TelemetryPipeline.Start(new(HasCollector: true))!)
        {
            source.StartActivity("early")!.Dispose();
            Assert.False(pipeline.HasLogs);
            ILogger logger = pipeline.Logs!.CreateLogger("test");
            Assert.True(pipeline.HasLogs);
            Assert.Same(pipeline.Logs, pipeline.Logs);
            using (logger.BeginScope(new Dictionary<string, object> { ["Experiment"] = "e" }))
            {
                logger.Log(LogLevel.Information, "it was said");
                logger.Log(LogLevel.Debug, "it was thought");
            }
        }

        (string body, IReadOnlyDictionary<string, string> attributes) = Assert.Single(collector.Logs);
        Assert.Equal(("it was said", "e"), (body, attributes["Experiment"]));
        Assert.Contains(collector.Spans, span => span.Name == "early");
        Assert.Empty(collector.Refused);
    }

    [Fact]
    public async Task Where_nobody_asks_for_logs_the_pipeline_ends_without_them_and_ends_once()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        using ActivitySource source = new("HpoServerless.PipelineTest");
        SendTo(collector);
        TelemetryPipeline pipeline = TelemetryPipeline.Start(new(HasCollector: true))!;
        source.StartActivity("only")!.Dispose();
        pipeline.Dispose();
        pipeline.Dispose();

        Assert.False(pipeline.HasLogs);
        Assert.Single(collector.Spans, span => span.Name == "only");
        Assert.Empty(collector.Logs);
        Assert.Null(source.StartActivity("late")); // nobody listens any more
    }

    [Fact]
    public void Without_a_place_to_send_to_there_is_no_pipeline()
    {
        TelemetryOptions options = TelemetryOptions.Read(name => name == Endpoint ? string.Empty : null);
        Assert.False(options.IsWanted);
        Assert.Null(TelemetryPipeline.Start(options));
    }

    private static void SendTo(OtlpCollector collector)
    {
        Environment.SetEnvironmentVariable(Endpoint, collector.Address);
        Environment.SetEnvironmentVariable(Protocol, "http/protobuf");
    }
}
