using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>The members that reports and outcomes of trials share.</summary>
internal static class SegmentReader
{
    public static int Segment(DocumentReader reader)
    {
        if (!reader.Has("segment"))
        {
            reader.Fault("segment", "is missing");
        }

        return (int?)reader.Integer("segment", 0, int.MaxValue) ?? 0;
    }

    /// <summary>A list of <c>{"step", "metrics"}</c> by ascending step; empty where it is missing.</summary>
    public static ImmutableArray<Report> Reports(DocumentReader reader, string key, DateTimeOffset now, List<Fault> faults)
    {
        if (reader.Find(key) is not { } json)
        {
            return [];
        }

        if (json.ValueKind != JsonValueKind.Array)
        {
            reader.Fault(key, "must be a list of reports");
            return [];
        }

        ImmutableArray<Report>.Builder reports = ImmutableArray.CreateBuilder<Report>();
        long last = 0;
        foreach (JsonElement item in json.EnumerateArray())
        {
            DocumentReader report = new(item, $"{key}[{reports.Count}]", faults);
            long? step = report.Integer("step", last + 1, long.MaxValue, "must be a whole number of at least 1, above that of the report before");
            if (!report.Has("step"))
            {
                report.Fault("step", "is missing");
            }

            reports.Add(new(step ?? last + 1, Metrics(report), now));
            report.Done();
            last = step ?? last;
        }

        return reports.ToImmutable();
    }

    private static Metrics Metrics(DocumentReader report)
    {
        if (report.Find("metrics") is not { } json)
        {
            report.Fault("metrics", "is missing");
            return new();
        }

        try
        {
            return json.Deserialize<Metrics>(EngineJson.Options) ?? new();
        }
        catch (JsonException)
        {
            report.Fault("metrics", "must be an object of numbers; what is not finite is written \"nan\", \"inf\" or \"-inf\"");
            return new();
        }
    }
}
