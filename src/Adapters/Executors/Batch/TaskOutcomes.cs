using System.Globalization;
using System.Text;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Makes outcomes from tasks, for segments whose programs did not tell theirs.</summary>
internal sealed class TaskOutcomes(BatchOptions options, IBatchClient client)
{
    /// <summary>The harness found that the segment is over, or was never heard of.</summary>
    private const int NobodyWaits = 3;

    /// <summary>The harness did not reach this service, however often it tried.</summary>
    private const int NotDelivered = 4;

    private const int SigKill = 137;
    private const int SigTerm = 143;
    private const int TailBytes = 4096;
    private const int LongestTail = 1000;

    /// <param name="handle">Of the segment.</param>
    /// <param name="task">Its task, which is completed.</param>
    /// <param name="interrupt">How it was told to end from here; null where it was not.</param>
    /// <param name="terminated">The grace after which it was terminated from here; null where it was not.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BatchException">The service refuses to show what the program wrote.</exception>
    public async Task<SegmentOutcome> OfAsync(
        TaskHandle handle, BatchTask task, InterruptKind? interrupt, TimeSpan? terminated, CancellationToken cancellation)
    {
        BatchExecution run = task.ExecutionInfo ?? new();
        DateTimeOffset ended = run.EndTime ?? task.StateTransitionTime;
        SegmentOutcome draft = new()
        {
            Status = SegmentStatus.Failed,
            Site = options.Site,
            Attempts = handle.Attempt + (run.StartTime is null ? 0 : 1) + run.RequeueCount + run.RetryCount,
            StartedAt = run.StartTime ?? ended,
            EndedAt = ended,
        };
        if (run is { Result: "success" } or { Result: null, ExitCode: 0 })
        {
            return draft with { Status = SegmentStatus.Completed };
        }

        bool isEnded = run.FailureInfo?.Code == BatchCodes.TaskEnded || run.ExitCode is null or SigKill or SigTerm;
        if (isEnded && interrupt is { } kind && terminated is { } grace)
        {
            return Terminated(draft, kind, grace);
        }

        if (isEnded && handle.Limit is { } limit && run.StartTime is { } start && ended - start >= limit)
        {
            return draft with { Error = Invariant($"time limit of {limit.TotalSeconds:0.###} s exceeded") };
        }

        string said = Describe(run.FailureInfo);
        return run switch
        {
            { FailureInfo.Code: BatchCodes.TaskEnded } => draft with { Status = SegmentStatus.Lost, Error = $"its task was terminated, and not by this host{said}" },
            { FailureInfo.Category: "servererror" } => draft with { Status = SegmentStatus.Lost, Error = $"Batch could not run its task{said}" },
            { ExitCode: null } => draft with { Error = $"its task failed before the program ran{said}" },
            { ExitCode: NobodyWaits } => draft with { Status = SegmentStatus.Lost, Error = "nobody waited for it when its task began" },
            { ExitCode: NotDelivered } => draft with
            {
                Status = SegmentStatus.Lost,
                Error = "it did not reach this service" + await LastWordsAsync(handle, cancellation),
            },
            { ExitCode: SigKill or SigTerm } => draft with
            {
                Status = SegmentStatus.Lost,
                Error = $"its task was killed from outside ({(run.ExitCode == SigKill ? "SIGKILL" : "SIGTERM")}), maybe by the system because memory ran out",
            },
            _ => draft with { Error = Exit(run.ExitCode.Value) + await LastWordsAsync(handle, cancellation) },
        };
    }

    private static SegmentOutcome Terminated(SegmentOutcome draft, InterruptKind kind, TimeSpan grace) => kind == InterruptKind.Pause
        ? draft with
        {
            Status = SegmentStatus.Paused,
            Reason = Invariant($"paused, and terminated because it did not save itself within {grace.TotalSeconds:0.#} s: ")
                + "it resumes from its last checkpoint, or starts from the beginning where it has none",
        }
        : draft with
        {
            Status = SegmentStatus.Stopped,
            Reason = grace == TimeSpan.Zero ? "interrupted: its task was terminated" : Invariant($"interrupted, and terminated because it did not stop within {grace.TotalSeconds:0.#} s"),
        };

    private static string Exit(int code) => code is > 128 and < 192
        ? Invariant($"the task ended unexpectedly (exit code {code}, signal {code - 128})")
        : Invariant($"the task ended unexpectedly (exit code {code})");

    private static string Describe(BatchFailure? failure) => failure is null ? string.Empty : $": {failure.Code}: {BatchAnswer.OneLine(failure.Message)}";

    /// <summary>The last line that the program wrote to its standard error.</summary>
    private async Task<string> LastWordsAsync(TaskHandle handle, CancellationToken cancellation)
    {
        if (await client.ReadFileEndAsync(handle.Job, handle.Task, "stderr.txt", TailBytes, cancellation) is not { } tail)
        {
            return string.Empty;
        }

        string? line = Encoding.UTF8.GetString(tail).Split('\n').LastOrDefault(text => !string.IsNullOrWhiteSpace(text))?.Trim();
        return line is null ? string.Empty : $"; it ends with: {(line.Length <= LongestTail ? line : line[..LongestTail])}";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
