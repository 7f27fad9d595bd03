using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Contracts.Recorded;
using Microsoft.DurableTask;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>
/// What installations of earlier releases have in flight, today's orchestrators go on with. Where this test fails, give the changed orchestrator a new version:
/// docs/adr/0009-upgrades.md says how.
/// </summary>
public sealed class RecordedHistoryTests
{
    private static readonly RecordedFolder Folder = new("Orchestrations.Tests");

    public static TheoryData<string> Recorded => [.. Folder.All("*.json")];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recorded_history_is_replayed_without_a_difference(string file)
    {
        ImmutableArray<RecordedHistory> histories = Read(file);

        Assert.NotEmpty(histories);
        Assert.All(histories, history =>
        {
            Assert.NotEmpty(history.Steps);
            string? difference = HistoryReplay.Difference(history);
            Assert.True(difference is null, $"{file}: {difference}");
        });
    }

    [Fact]
    public async Task Every_typical_run_of_this_release_is_on_record()
    {
        foreach ((string name, Func<DurableRig, Task> run) in TypicalRuns.All)
        {
            if (RecordedFolder.IsRecording && !File.Exists(Folder.PathOf($"{name}.json")))
            {
                Folder.Write($"{name}.json", JsonSerializer.Serialize(await RecordAsync(run), RecordedHistory.Json) + "\n");
            }
        }

        Assert.All(TypicalRuns.All.Keys, name => Assert.True(
            File.Exists(Folder.PathOf($"{name}.json")), $"{name} is not on record for {RecordedFolder.Release}: run this test with {RecordedFolder.Switch}=1"));
    }

    [Fact]
    public async Task What_is_recorded_today_is_replayed_without_a_difference()
    {
        foreach ((string name, Func<DurableRig, Task> run) in TypicalRuns.All)
        {
            Assert.All(await RecordAsync(run), history => Assert.True(HistoryReplay.Difference(history) is null, $"{name}: {HistoryReplay.Difference(history)}"));
        }
    }

    [Fact]
    public void Changed_order_of_calls_is_caught()
    {
        RecordedHistory history = Read("0.1/interrupted.json")[0];

        string? difference = HistoryReplay.Difference(history, async context =>
        {
            SegmentRun run = context.GetInput<SegmentRun>()!;
            await context.CallActivityAsync<SegmentProgress>(nameof(PollSegment), run); // before it is submitted
            await context.CallActivityAsync<string?>(nameof(SubmitSegment), run);
            return null;
        });

        Assert.NotNull(difference);
        Assert.Contains("step 0 (started", difference, StringComparison.Ordinal);
        Assert.Contains("was {\"does\":\"activity\",\"task\":0,\"name\":\"SubmitSegment\"", difference, StringComparison.Ordinal);
        Assert.Contains("is  {\"does\":\"activity\",\"task\":0,\"name\":\"PollSegment\"", difference, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_input_missing_call_and_additional_call_are_caught()
    {
        RecordedHistory history = Read("0.1/not-wanted.json").Single(h => h.Orchestrator == nameof(TrialOrchestrator));

        Assert.Null(HistoryReplay.Difference(history));
        Assert.Contains("\"attempt\":5", HistoryReplay.Difference(history, Changed((context, run) => SubmitAsync(context, run with { Attempt = 5 }))), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("is  nothing", HistoryReplay.Difference(history, Changed(async (context, run) => await context.WaitForExternalEvent<string>("x"))), StringComparison.Ordinal);
        Assert.Contains("action 1:\n  was nothing", HistoryReplay.Difference(history, Changed((context, run) =>
        {
            Task<string?> submitted = SubmitAsync(context, run);
            _ = context.CreateTimer(context.CurrentUtcDateTime, CancellationToken.None);
            return submitted;
        })), StringComparison.Ordinal);
    }

    private static Func<TaskOrchestrationContext, Task<object?>> Changed(Func<TaskOrchestrationContext, SegmentRun, Task> body) => async context =>
    {
        await body(context, context.GetInput<SegmentRun>()!);
        return null;
    };

    private static Task<string?> SubmitAsync(TaskOrchestrationContext context, SegmentRun run) => context.CallActivityAsync<string?>(nameof(SubmitSegment), run);

    private static async Task<ImmutableArray<RecordedHistory>> RecordAsync(Func<DurableRig, Task> run)
    {
        HistoryRecorder recorder = new();
        await using DurableRig rig = new(recorder);
        await run(rig);
        return recorder.Histories;
    }

    private static ImmutableArray<RecordedHistory> Read(string file) => JsonSerializer.Deserialize<ImmutableArray<RecordedHistory>>(Folder.Read(file), RecordedHistory.Json);
}
