using System.Diagnostics;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench;

/// <summary>What one turn of the engine costs, by the number of trials that the experiment already has.</summary>
internal static class AdvanceBench
{
    private const int Slots = 8;
    private static readonly int[] Sizes = [100, 1_000, 10_000, 50_000];

    public static IReadOnlyList<BenchResult> Run() => [.. new[] { "none", "asynchyperband" }.SelectMany(Run)];

    private static IEnumerable<BenchResult> Run(string scheduler)
    {
        ExperimentDefinition definition = Samples.Definition(Sizes[^1] + 1000, Slots) with { Scheduler = new(scheduler) };
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        ExperimentState state = ExperimentEngine.Advance(ExperimentState.Initial(definition, now), [], now).State;
        foreach (int size in Sizes)
        {
            while (state.Observations.Count < size - 200)
            {
                state = Turn(state, now);
            }

            Stopwatch watch = Stopwatch.StartNew();
            int turns = 0;
            for (; state.Observations.Count < size; turns++)
            {
                state = Turn(state, now);
            }

            yield return new($"advance, {scheduler}, {size} trials", watch.Elapsed.TotalMilliseconds / turns, "ms a turn of one result");
        }
    }

    private static ExperimentState Turn(ExperimentState state, DateTimeOffset now)
    {
        int trial = state.Running[0];
        SegmentEnded ended = new(new SegmentId("bench", trial, 0).EndEventId, trial, 0, new()
        {
            Status = SegmentStatus.Completed,
            Reports = [new(1, new(new KeyValuePair<string, double>("loss", trial * 7919 % 10007)), now)],
            Site = "none",
            StartedAt = now,
            EndedAt = now,
        });
        return ExperimentEngine.Advance(state, [ended], now).State;
    }
}
