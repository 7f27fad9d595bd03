using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Says how segments ended.</summary>
internal sealed class PandaOutcomes(PandaOptions options, PandaWatch watch, TimeProvider time)
{
    /// <summary>Says what became of a task that left nothing.</summary>
    public void Judge(PandaRun run, PandaTask task)
    {
        string dialog = string.IsNullOrWhiteSpace(task.ErrorDialog) ? string.Empty : $": {OneLine(task.ErrorDialog)}";
        if (run.Interrupt is not null)
        {
            EndInterrupted(run, Invariant($"its task {run.Task} had ended before with {task.Status}"));
            return;
        }

        switch (task.Status)
        {
            case "broken":
                End(run, SegmentStatus.Failed, Invariant($"PanDA cannot run its task {run.Task}{dialog}"));
                break;
            case "aborted":
                End(run, SegmentStatus.Lost, Invariant($"its task {run.Task} was killed, and not from here{dialog}"));
                break;
            case "failed" or "exhausted":
                End(run, SegmentStatus.Lost, Invariant($"no job of its task {run.Task} succeeded{dialog}"));
                break;
            default:
                if (time.GetUtcNow() >= run.EndedSince + options.MetadataFor)
                {
                    End(run, SegmentStatus.Lost, Invariant($"the job of its task {run.Task} finished, but the grid has no userJobMetadata.json of it: it was larger than the grid keeps (see MetadataKiB), or got lost"));
                }

                break;
        }
    }

    /// <summary>It was told to end from here.</summary>
    public void EndInterrupted(PandaRun run, string how)
    {
        bool pauses = run.Interrupt == InterruptKind.Pause;
        End(run, pauses ? SegmentStatus.Paused : SegmentStatus.Stopped, null, pauses
            ? $"paused, and {how}; it resumes from its last checkpoint, or starts from the beginning where it has none"
            : $"interrupted: {how}");
    }

    /// <summary>It ended; what was said first counts.</summary>
    public void End(PandaRun run, SegmentStatus status, string? error = null, string? reason = null, ImmutableArray<Report> reports = default)
    {
        DateTimeOffset now = time.GetUtcNow();
        run.End(new()
        {
            Status = status,
            Error = error,
            Reason = reason,
            Reports = reports.IsDefault ? [] : reports,
            Site = options.Site,
            Attempts = run.Handle.Attempt + 1 + run.JobsBefore,
            StartedAt = run.FirstBegan ?? run.Handle.Began,
            EndedAt = run.Result?.Ended ?? now,
        });
        watch.Remove(run.Task);
    }

    private static string OneLine(string text)
    {
        const int Longest = 500;
        string line = string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
