using HpoServerless.Contracts.Telemetry;

namespace HpoServerless.EndToEnd.Tests.Telemetry;

/// <summary>What a collector of OpenTelemetry gets from the program as it was built, of a real experiment.</summary>
public sealed class TelemetryTests
{
    private const string Id = "watched";

    [Fact]
    public async Task Served_experiment_sends_spans_metrics_and_logs()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        using Workplace work = new();
        work.Write("slow/hpo_config.json", """{"metric": "loss", "mode": "min", "num_trials": 6, "max_concurrent": 3}""");
        await using HpoProcess server = HpoProcess.Start(
            work.Folder,
            [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")],
            ["serve", "--port", "0", "--data", work.Data]);
        string url = await HpoServer.AddressAsync(server);

        await HpoProcess.SucceedAsync(work.Folder, "run", Workplace.Project, "--id", Id, "--url", url, "--data", work.Data, "--wait", "--json");
        await server.TerminateAsync();
        HpoEnd end = await server.EndAsync();

        Assert.Equal(0, end.Code);
        Assert.Empty(collector.Refused);
        DemandSpans(collector);
        DemandMetrics(collector);
        Assert.Contains(collector.Logs, log => log.Body.Contains("ended as", StringComparison.Ordinal) && log.Attributes.GetValueOrDefault("Experiment") == Id);
        string key = await File.ReadAllTextAsync(Path.Combine(work.Data, "keys.json"));
        Assert.DoesNotContain(collector.Spans.SelectMany(span => span.Attributes.Values), value => value.Length >= 32 && key.Contains(value, StringComparison.Ordinal));
    }

    private static void DemandSpans(OtlpCollector collector)
    {
        OtlpSpan[] spans = [.. collector.Spans];
        Assert.All(spans, span => Assert.Equal("hpo-serverless", span.Service));
        Assert.Contains(spans, span => span.Name == "advance experiment" && span.Attributes["hpo.experiment"] == Id && span.Attributes.ContainsKey("hpo.turn"));
        Assert.Contains(spans, span => span.Name == "PUT api/experiments/{id}" && span.Attributes["http.response.status_code"] == "202" && span.Attributes["hpo.caller"] == "key");
        for (int trial = 1; trial <= 6; trial++)
        {
            string number = $"{trial}";
            OtlpSpan[] of = [.. spans.Where(span => span.Attributes.GetValueOrDefault("hpo.trial") == number)];
            OtlpSpan submit = Assert.Single(of, span => span.Name == "submit segment");
            Assert.Equal(("0", "local"), (submit.Attributes["hpo.segment"], submit.Attributes["hpo.site"]));
            OtlpSpan dispatch = Assert.Single(of, span => span.Id == submit.Parent);
            Assert.Equal("dispatch trial", dispatch.Name);
            Assert.Equal("advance experiment", Assert.Single(spans, span => span.Id == dispatch.Parent).Name);
            Assert.All(of.Where(span => span.Name is "collect segment" or "poll segment"), span => Assert.Equal(submit.Trace, span.Trace));
            Assert.Contains(of, span => span.Name == "collect segment");
        }
    }

    private static void DemandMetrics(OtlpCollector collector)
    {
        string[] names = ["hpo.turn.duration", "hpo.turn.inbox", "hpo.queue.age", "hpo.trials", "hpo.segments", "hpo.reports", "hpo.experiments", "http.server.request.duration"];
        Assert.Empty(names.Except(collector.Points.Select(point => point.Name)));
        Assert.Contains(collector.Points, point => point.Name == "hpo.segments" && point.Attributes["hpo.outcome"] == "Completed" && point.Attributes["hpo.site"] == "local");
        Assert.Contains(collector.Points, point => point.Name == "hpo.trials" && point.Attributes["hpo.state"] == "Completed");
        Assert.DoesNotContain(collector.Points, point => point.Attributes.Values.Any(value => value.Contains(Id, StringComparison.Ordinal)));
    }
}
