using System.Globalization;
using System.Text;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>Makes outcomes from jobs, for segments whose programs did not tell theirs.</summary>
internal static class SlurmOutcomes
{
    /// <summary>The harness found that the segment is over, or was never heard of.</summary>
    private const int NobodyWaits = 3;

    /// <summary>The harness did not reach this service, however often it tried.</summary>
    private const int NotDelivered = 4;

    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int BySignal = 128;
    private const int TailBytes = 4096;
    private const int LongestTail = 1000;

    /// <param name="site">Name of the site.</param>
    /// <param name="handle">Of the segment.</param>
    /// <param name="job">Its job, which has ended.</param>
    /// <param name="interrupt">How it was told to end from here; null where it was not.</param>
    /// <param name="cancelled">The grace after which it was cancelled from here; null where it was not.</param>
    /// <param name="output">File that the job printed to.</param>
    /// <param name="now">The time.</param>
    public static SegmentOutcome Of(string site, SlurmHandle handle, SlurmJob job, InterruptKind? interrupt, TimeSpan? cancelled, string output, DateTimeOffset now)
    {
        DateTimeOffset ended = job.EndedAt ?? now;
        SegmentOutcome draft = new()
        {
            Status = SegmentStatus.Failed,
            Site = site,
            Attempts = handle.Attempt + 1,
            StartedAt = job.StartedAt is { } start && start <= ended ? start : ended,
            EndedAt = ended,
        };
        if (job.State == "COMPLETED")
        {
            return draft with { Status = SegmentStatus.Completed };
        }

        int signal = job.Signal != 0 ? job.Signal : job.Code > BySignal ? job.Code.Value - BySignal : 0;
        if (interrupt is { } kind && cancelled is { } grace && (job.State == "CANCELLED" || signal is SigKill or SigTerm))
        {
            return Ended(draft, kind, grace);
        }

        return (job.State, job.Code) switch
        {
            ("CANCELLED", _) => Lost(draft, "its job was cancelled, and not by this host"),
            ("NODE_FAIL", _) => Lost(draft, "the node of its job failed"),
            ("PREEMPTED", _) => Lost(draft, "its job was preempted"),
            ("BOOT_FAIL" or "REVOKED", _) => Lost(draft, $"the cluster could not run its job ({job.State}{(job.Reason is null ? string.Empty : $": {job.Reason}")})"),
            ("OUT_OF_MEMORY", _) => draft with { Error = "its job ran out of memory (OUT_OF_MEMORY); mem of the site says how much it has" },
            ("TIMEOUT" or "DEADLINE", _) => draft with { Error = TimeIsUp(handle, job) },
            (_, NobodyWaits) => Lost(draft, "nobody waited for it when its job began"),
            (_, NotDelivered) => Lost(draft, $"it did not reach this service{LastWords(output)}"),
            (_, 1) => Lost(draft, $"the process of its job failed{LastWords(output)}"),
            _ when signal is SigKill or SigTerm => Lost(
                draft, $"its job was killed from outside ({(signal == SigKill ? "SIGKILL" : "SIGTERM")}), maybe by the system because memory ran out"),
            _ => draft with { Error = $"its job ended unexpectedly ({job.State}, exit code {job.Code?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}){LastWords(output)}" },
        };
    }

    private static SegmentOutcome Lost(SegmentOutcome draft, string error) => draft with { Status = SegmentStatus.Lost, Error = error };

    private static SegmentOutcome Ended(SegmentOutcome draft, InterruptKind kind, TimeSpan grace) => kind == InterruptKind.Pause
        ? draft with
        {
            Status = SegmentStatus.Paused,
            Reason = Invariant($"paused, and cancelled because it did not save itself within {grace.TotalSeconds:0.#} s: ")
                + "it resumes from its last checkpoint, or starts from the beginning where it has none",
        }
        : draft with
        {
            Status = SegmentStatus.Stopped,
            Reason = grace == TimeSpan.Zero ? "interrupted: its job was cancelled" : Invariant($"interrupted, and cancelled because it did not stop within {grace.TotalSeconds:0.#} s"),
        };

    private static string TimeIsUp(SlurmHandle handle, SlurmJob job) => handle.Limit is { } limit
        ? Invariant($"time limit of {limit.TotalSeconds:0.###} s exceeded")
        : $"the time of its job was up ({job.State}); time of the site, or its partition, says how much it has";

    /// <summary>The last line that the job printed.</summary>
    private static string LastWords(string output)
    {
        try
        {
            using FileStream file = new(output, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
            byte[] tail = new byte[TailBytes];
            string? line = Encoding.UTF8.GetString(tail, 0, file.ReadAtLeast(tail, TailBytes, throwOnEndOfStream: false))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
            return line is null ? string.Empty : $"; it ends with: {(line.Length <= LongestTail ? line : line[..LongestTail])}";
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
