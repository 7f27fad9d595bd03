using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>What a trial tells while it runs.</summary>
/// <param name="Segment">Which of its segments speaks.</param>
/// <param name="Reports">New reports by ascending step; at least one.</param>
/// <param name="Wait">Whether it stands still until it is told how to go on.</param>
public sealed record TrialReportRequest(int Segment, ImmutableArray<Report> Reports, bool Wait)
{
    /// <summary>Reads <c>{"segment", "reports": [{"step", "metrics": {…}}], "wait"}</c>. Values that are not finite are written <c>"nan"</c>, <c>"inf"</c>, <c>"-inf"</c>.</summary>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static TrialReportRequest Read(JsonElement json, DateTimeOffset now)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        int segment = SegmentReader.Segment(reader);
        ImmutableArray<Report> reports = SegmentReader.Reports(reader, "reports", now, faults);
        bool wait = reader.Flag("wait") ?? false;
        if (reports.IsEmpty && faults.Count == 0)
        {
            reader.Fault("reports", "must hold at least one report");
        }

        reader.Done();
        return faults.Count == 0 ? new(segment, reports, wait) : throw new InvalidInputException([.. faults]);
    }
}
