using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>Whatever happens to an experiment, its log says it all.</summary>
public sealed class ExperimentLogTests
{
    private static readonly string[] Schedulers = [.. TrialSchedulerRegistry.Names];

    [Fact]
    public void AnySequenceOfEvents_ends_andFoldingTheLogGivesTheSameState()
    {
        Gen<(int Seed, int Trials, int Concurrent, int Scheduler)> cases =
            from seed in Gen.Choose(0, int.MaxValue)
            from trials in Gen.Choose(1, 40)
            from concurrent in Gen.Choose(1, 12)
            from scheduler in Gen.Choose(0, Schedulers.Length - 1)
            select (seed, trials, concurrent, scheduler);
        Prop.ForAll(cases.ToArbitrary(), c => RunsToItsEnd(c.Seed, c.Trials, c.Concurrent, Schedulers[c.Scheduler]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    private static void RunsToItsEnd(int seed, int trials, int concurrent, string scheduler)
    {
        ExperimentDefinition definition = Given.Definition(trials, concurrent) with
        {
            Scheduler = new(scheduler, OptionsOf(scheduler)),
            Checkpoint = new() { Keep = 1 + (seed % 3) },
            Mode = seed % 2 == 0 ? OptimizationMode.Min : OptimizationMode.Max,
        };
        definition = definition with
        {
            Objectives = seed % 3 == 0 ? [new("loss", definition.Mode), new("speed", OptimizationMode.Max)] : [],
            Constraints = seed % 4 == 0 ? ["memory"] : [],
            Sites = seed % 7 < 3 ? [new("one") { Slots = 3, CostPerHour = 1 }, new("two") { CostPerHour = 2 }] : [],
            Placement = (PlacementPolicy)(seed % 11 % 3),
        };
        Play play = new(definition);
        TestRandom random = new((ulong)seed);
        Dictionary<int, long> steps = [];
        play.Advance();
        for (int guard = 0; !play.State.Summary.IsFinal; guard++)
        {
            Assert.InRange(guard, 0, 20_000);
            play.Now += TimeSpan.FromSeconds(1);
            play.Advance(Happened(play.State, steps, random, command: guard == 5 && seed % 5 == 0));
            AssertConsistent(play.State);
        }

        AssertDropped(play);
        AssertSame(play.State, Refolded(definition, play.Turns));
        AssertSame(play.State, Halfway(definition, play.Turns));
    }

    /// <summary>Short trials, for those that can be told so.</summary>
    private static JsonElement? OptionsOf(string scheduler)
    {
        IEnumerable<string> known = TrialSchedulerRegistry.OptionsOf(scheduler).Select(option => option.Name);
        JsonObject options = [];
        foreach ((string name, int value) in ((string, int)[])[("max_t", 9), ("reduction_factor", 3), ("perturbation_interval", 2)])
        {
            if (known.Contains(name))
            {
                options[name] = value;
            }
        }

        if (scheduler == "custom_brackets")
        {
            (options["num_configs_list"], options["budgets_list"]) = (new JsonArray(9, 3, 1), new JsonArray(1, 3, 9));
        }

        return JsonSerializer.SerializeToElement(options);
    }

    private static ExperimentEvent Happened(ExperimentState state, Dictionary<int, long> steps, TestRandom random, bool command)
    {
        if (command || state.Running.IsEmpty)
        {
            return Given.Command(state.Summary.Status == ExperimentStatus.Paused ? ExperimentCommand.Resume : ExperimentCommand.Pause);
        }

        Trial trial = state.TrialAt(state.Running[random.Next(state.Running.Count)]);
        long step = steps[trial.Number] = steps.GetValueOrDefault(trial.Number) + 1;
        SegmentId segment = new("e", trial.Number, trial.Segment);
        double loss = random.Next(12) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => random.Next(1000) / 100.0 };
        Report report = Given.Report(step, ("loss", loss), ("speed", random.Next(9) == 0 ? double.NaN : random.Next(10)), ("memory", random.Next(10) - 7));
        DirectiveAction? told = trial.DirectiveAt(trial.Segment, trial.LastStep)?.Action;
        bool ends = told is DirectiveAction.Stop or DirectiveAction.Pause;
        if (!ends && random.Next(5) == 0)
        {
            steps[trial.Number]--;
            string sha = trial.LastStep.ToString("x64");
            Checkpoint checkpoint = new(trial.LastStep, Checkpoint.NameFor(segment, trial.LastStep, sha), 10, sha);
            return random.Next(9) == 0 && trial.LastStep > 0
                ? new TrialRestored(segment.RestoreEventId(1), trial.Number, trial.Segment, trial.LastStep - 1, "the newest checkpoint is damaged")
                : new TrialCheckpointed(segment.CheckpointEventId(checkpoint), trial.Number, trial.Segment - random.Next(2), checkpoint);
        }

        if (!ends && step < 9 && random.Next(4) > 0)
        {
            return new TrialReported(segment.ReportEventId(step), trial.Number, trial.Segment, [report]);
        }

        SegmentStatus status = told == DirectiveAction.Stop ? SegmentStatus.Stopped : told == DirectiveAction.Pause && random.Next(3) > 0 ? SegmentStatus.Paused : random.Next(6) switch
        {
            0 => SegmentStatus.Failed,
            1 => SegmentStatus.Lost,
            _ => SegmentStatus.Completed,
        };
        return new SegmentEnded(segment.EndEventId, trial.Number, trial.Segment, new()
        {
            Status = status,
            Reports = [report],
            Site = "local",
            StartedAt = Given.Start,
            EndedAt = Given.Start,
        });
    }

    private static void AssertConsistent(ExperimentState state)
    {
        TrialCounts counts = state.Summary.Trials;
        Assert.Equal(state.Trials.Count, counts.Total);
        Assert.Equal(state.Trials.Count(t => t.Status == TrialStatus.Running), counts.Running);
        Assert.Equal(state.Trials.Count(t => t.Status == TrialStatus.Completed), counts.Completed);
        Assert.Equal(state.Trials.Count(t => t.Status == TrialStatus.Failed), counts.Failed);
        Assert.Equal(state.Trials.Count(t => t.Status == TrialStatus.Stopped), counts.Stopped);
        Assert.Equal(counts.Running, state.Running.Count);
        Assert.InRange(counts.Running, 0, state.Definition.MaxConcurrent);
        Assert.InRange(state.Trials.Count, 0, state.Definition.NumTrials);
        Assert.Equal(counts.Ended, state.Observations.Count);
        Assert.All(state.Trials, trial => Assert.InRange(trial.Checkpoints.Length, 0, trial.Status is TrialStatus.Failed or TrialStatus.Stopped ? 0 : state.Definition.Checkpoint.Keep));
        Assert.All(state.Trials, trial => Assert.Equal(trial.Checkpoints.Select(kept => kept.Step).Order(), trial.Checkpoints.Select(kept => kept.Step)));
        Assert.Equal(state.Trials.Select(t => t.LastStep).DefaultIfEmpty().Max(), state.Summary.MostSteps);
        Assert.InRange(state.Summary.Steps, state.Trials.Where(t => t.Origins.IsEmpty).Sum(t => t.LastStep), state.Trials.Sum(t => t.LastStep));
        AssertStandings(state);
    }

    /// <summary>Of all that was saved, what no trial has any more was dropped, and nothing else was.</summary>
    private static void AssertDropped(Play play)
    {
        HashSet<string> saved = [.. play.Turns.SelectMany(turn => turn.Events).OfType<TrialCheckpointed>().Select(happened => happened.Checkpoint.Name)];
        HashSet<string> dropped = [.. play.Turns.SelectMany(turn => turn.Dropped)];
        HashSet<string> kept = [.. play.State.Trials.SelectMany(trial => trial.Checkpoints).Select(checkpoint => checkpoint.Name)];
        Assert.Subset(saved, kept);
        Assert.Equal(saved.Except(kept).Order(), dropped.Except(kept).Order());
    }

    /// <summary>What is kept up to date is what would come out of looking at all trials.</summary>
    private static void AssertStandings(ExperimentState state)
    {
        Observation[] completed = [.. state.Observations.Where(o => o is { IsPartial: false, Value: not null })];
        Observation? best = completed.OrderBy(o => o.Violation).ThenBy(o => o.Value).ThenBy(o => o.Trial).FirstOrDefault();
        if (best is not null)
        {
            Assert.Equal((best.Trial, best.Violation), (state.Summary.Best!.Trial, state.Summary.Best.Violation ?? 0));
        }

        Observation[] feasible = [.. completed.Where(o => o.Violation == 0)];
        IEnumerable<int> front = feasible.Where(o => !feasible.Any(other => Dominates(other, o))).Select(o => o.Trial).Order();
        Assert.Equal(state.Definition.Objectives.IsEmpty ? [] : front, state.Summary.Front?.Trials ?? []);
    }

    private static bool Dominates(Observation one, Observation other) =>
        !one.Objectives.IsDefault && one.Objectives.Zip(other.Objectives).All(pair => pair.First <= pair.Second) && one.Objectives.Zip(other.Objectives).Any(pair => pair.First < pair.Second);

    private static ExperimentState Refolded(ExperimentDefinition definition, IEnumerable<Turn> turns) =>
        turns.Aggregate(ExperimentState.Initial(definition, Given.Start), (state, turn) => state.Apply(RoundTrip(turn)));

    private static ExperimentState Halfway(ExperimentDefinition definition, IReadOnlyList<Turn> turns)
    {
        int half = turns.Count / 2;
        ExperimentState state = Refolded(definition, turns.Take(half));
        ExperimentState restored = RoundTrip(ExperimentSnapshot.Of(state)).Restore(definition);
        return turns.Skip(half).Aggregate(restored, (current, turn) => current.Apply(turn));
    }

    private static T RoundTrip<T>(T value) =>
        JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(value, EngineJson.Options), EngineJson.Options)!;

    private static void AssertSame(ExperimentState expected, ExperimentState actual)
    {
        Assert.Equal(Text(ExperimentSnapshot.Of(expected)), Text(ExperimentSnapshot.Of(actual)));
        Assert.Equal(expected.Observations.Select(Seen), actual.Observations.Select(Seen));
        Assert.Equal(expected.Reports.Select(Seen), actual.Reports.Select(Seen));
    }

    private static string Text(ExperimentSnapshot snapshot) => JsonSerializer.Serialize(snapshot, EngineJson.Options);

    /// <summary>An observation with the content of its lists, by which they are not compared.</summary>
    private static (Observation, string?, string?) Seen(Observation seen) => (seen with { Objectives = default, Constraints = default }, Text(seen.Objectives), Text(seen.Constraints));

    private static (ScheduledReport, string?) Seen(ScheduledReport seen) => (seen with { Objectives = default }, Text(seen.Objectives));

    private static string? Text(ImmutableArray<double> values) => values.IsDefault ? null : string.Join(" ", values);
}

/// <summary>A small stream of numbers that depends on nothing but its seed.</summary>
internal sealed class TestRandom(ulong seed)
{
    private readonly SeededRandom _random = SeededRandom.For(seed, "test");

    public int Next(int exclusive) => (int)(_random.NextUnit() * exclusive);
}
