using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench;

/// <summary>What an open experiment remembers of each report, and what turns cost that bring many.</summary>
internal static class MemoryBench
{
    private const int Trials = 1_000;
    private const int Reports = 100;
    private const int Slots = 32;

    private static readonly string[] Names = ["loss", "accuracy", "seconds"];

    public static IReadOnlyList<BenchResult> Run() => [.. new[] { 1, 3 }.SelectMany(Run)];

    private static IEnumerable<BenchResult> Run(int metrics)
    {
        _ = Measure(metrics, 2); // compiled
        Measured one = Measure(metrics, 1);
        Measured all = Measure(metrics, Reports);
        string what = $"memory, {metrics} metrics";
        return
        [
            new($"{what}: a report", (all.Heap - one.Heap) / ((Reports - 1.0) * Trials), "bytes of live heap"),
            new($"{what}: a trial of one report", one.Heap / (double)Trials, "bytes of live heap"),
            new($"{what}: advance", all.Advance, $"ms a turn of {Slots} reports"),
            new($"{what}: fold", all.Fold, $"ms a turn of {Slots} reports"),
            new($"{what}: write a snapshot", all.Write, "ms"),
            new($"{what}: read and restore it", all.Read, "ms"),
        ];
    }

    private static Measured Measure(int metrics, int reports)
    {
        ExperimentDefinition definition = Samples.Definition(Trials, Slots) with { Stop = ImmutableSortedDictionary<string, double>.Empty.Add("training_iteration", reports) };
        long before = LiveBytes();
        ExperimentState state = Play(definition, metrics, reports, out double advance, out double fold);
        long heap = LiveBytes() - before;
        long start = Stopwatch.GetTimestamp();
        byte[] snapshot = JsonSerializer.SerializeToUtf8Bytes(ExperimentSnapshot.Of(state), EngineJson.Options);
        double write = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        start = Stopwatch.GetTimestamp();
        _ = JsonSerializer.Deserialize<ExperimentSnapshot>(snapshot, EngineJson.Options)!.Restore(definition);
        return new(heap, advance, fold, write, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Plays an experiment in which all running trials report in each turn, and folds its turns a second time from their JSON form, as a store gives them.</summary>
    /// <returns>The state by the second fold. A method of its own, so that nothing else is alive afterwards.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ExperimentState Play(ExperimentDefinition definition, int metrics, int reports, out double advance, out double fold)
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        ExperimentState state = ExperimentState.Initial(definition with { }, now); // what algorithms keep for a definition goes with it
        ExperimentState folded = ExperimentState.Initial(definition, now);
        (TimeSpan advancing, TimeSpan folding) = (default, default);
        while (!state.Summary.IsFinal)
        {
            now = now.AddSeconds(1.2345678);
            ImmutableArray<ExperimentEvent> events = RoundTrip<ImmutableArray<ExperimentEvent>>([.. state.Running.Select(trial => Next(state.TrialAt(trial), metrics, reports, now))]);
            long start = Stopwatch.GetTimestamp();
            AdvanceResult result = ExperimentEngine.Advance(state, events, now);
            advancing += Stopwatch.GetElapsedTime(start);
            state = result.State;
            Turn turn = RoundTrip(result.Turn!);
            start = Stopwatch.GetTimestamp();
            folded = folded.Apply(turn);
            folding += Stopwatch.GetElapsedTime(start);
        }

        (advance, fold) = (advancing.TotalMilliseconds / state.Summary.Turn, folding.TotalMilliseconds / state.Summary.Turn);
        return folded;
    }

    private static ExperimentEvent Next(Trial trial, int metrics, int reports, DateTimeOffset now)
    {
        long step = trial.LastStep + 1;
        Report report = new(step, new(Enumerable.Range(0, metrics).Select(i => KeyValuePair.Create(Names[i], (trial.Number * 7919 % 10007) + (i / 7.0) + (1.0 / step)))), now);
        SegmentId segment = new("bench", trial.Number, 0);
        return step < reports
            ? new TrialReported(segment.ReportEventId(step), trial.Number, 0, [report])
            : new SegmentEnded(segment.EndEventId, trial.Number, 0, new() { Status = SegmentStatus.Completed, Reports = [report], Site = "none", StartedAt = trial.StartedAt, EndedAt = now });
    }

    private static long LiveBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static T RoundTrip<T>(T value) => JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(value, EngineJson.Options), EngineJson.Options)!;

    /// <param name="Heap">Live bytes that the state takes.</param>
    /// <param name="Advance">Milliseconds of one turn.</param>
    /// <param name="Fold">Milliseconds of folding it.</param>
    /// <param name="Write">Milliseconds of writing the state down.</param>
    /// <param name="Read">Milliseconds of reading it.</param>
    private readonly record struct Measured(long Heap, double Advance, double Fold, double Write, double Read);
}
