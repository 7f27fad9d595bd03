using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Projects;

namespace HpoServerless.Functions.Services;

/// <summary>How a trial says that its segment ended.</summary>
/// <param name="Segment">Which of its segments.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record TrialOutcomeRequest(int Segment, SegmentOutcome Outcome)
{
    private const int LongestText = 16 * 1024;
    private const double LongestRunS = 10 * 366 * 24 * 3600.0;

    /// <summary>Reads <c>{"segment", "status", "error", "reason", "attempt", "duration_s", "reports": […]}</c>; status is completed, failed, stopped or paused.</summary>
    /// <param name="json">The body.</param>
    /// <param name="site">Where the trial runs.</param>
    /// <param name="trial">The trial, for when it cannot have begun before, and when it did where it does not say how long it ran.</param>
    /// <param name="now">When it ended.</param>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static TrialOutcomeRequest Read(JsonElement json, string site, Trial trial, DateTimeOffset now)
    {
        List<Fault> faults = [];
        DocumentReader reader = new(json, string.Empty, faults);
        int segment = SegmentReader.Segment(reader);
        string? status = reader.Choice("status", "completed", "failed", "stopped", "paused");
        if (!reader.Has("status"))
        {
            reader.Fault("status", "is missing");
        }

        double? seconds = reader.Number("duration_s", static value => value is >= 0 and <= LongestRunS, "must be a number of seconds of at least 0");
        DateTimeOffset startedAt = seconds is { } ran ? now - TimeSpan.FromSeconds(ran) : trial.BegunAt ?? trial.StartedAt;
        SegmentOutcome outcome = new()
        {
            Status = status switch
            {
                "completed" => SegmentStatus.Completed,
                "stopped" => SegmentStatus.Stopped,
                "paused" => SegmentStatus.Paused,
                _ => SegmentStatus.Failed,
            },
            Error = Shortened(reader.Text("error")),
            Reason = Shortened(reader.Text("reason")),
            Reports = SegmentReader.Reports(reader, "reports", now, faults),
            Site = site,
            Attempts = (int)(reader.Integer("attempt", 0, 999_999) ?? 0) + 1,
            StartedAt = startedAt > trial.StartedAt ? startedAt : trial.StartedAt,
            EndedAt = now,
        };
        reader.Done();
        return faults.Count == 0 ? new(segment, outcome) : throw new InvalidInputException([.. faults]);
    }

    private static string? Shortened(string? text) => text?.Length > LongestText ? text[..LongestText] : text;
}
