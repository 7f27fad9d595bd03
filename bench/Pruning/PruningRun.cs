using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench.Pruning;

/// <summary>One experiment on one table.</summary>
/// <param name="Epochs">Steps that were run.</param>
/// <param name="Makespan">Virtual time, in steps.</param>
/// <param name="Completed">Trials that ran to the end.</param>
/// <param name="Regret">Of the completed configuration that was observed to be best; of the one that got furthest where none was completed.</param>
internal sealed record PruningRun(long Epochs, double Makespan, int Completed, double Regret)
{
    public static PruningRun Play(CurveTable table, Algorithm scheduler, int workers, int seed)
    {
        ExperimentDefinition definition = Samples.Definition(table.True.Length, workers) with
        {
            Seed = (ulong)seed,
            Mode = table.Mode,
            Stop = ImmutableSortedDictionary<string, double>.Empty,
            Scheduler = new(scheduler.Name, WithMaxT(scheduler, table.Steps)),
        };
        VirtualRun run = new VirtualCluster(definition, table.Steps, (trial, step) => table.Observed[trial - 1][step - 1]).Play();
        if (!run.Faults.IsEmpty)
        {
            throw new InvalidOperationException($"{scheduler.Label}: {run.Faults[0]}");
        }

        Trial chosen = run.State.Trials.Where(trial => trial.Reports[^1].Metrics["loss"] is { } value && double.IsFinite(value))
            .OrderByDescending(trial => trial.LastStep).ThenBy(trial => table.Minimised(trial.Reports[^1].Metrics["loss"]!.Value)).First();
        return new(run.Steps, run.Makespan, run.State.Trials.Count(trial => trial.LastStep == table.Steps), table.Regret(chosen.Number - 1));
    }

    /// <summary>The scheduler's options, and how long the curves are where it wants to know that.</summary>
    private static JsonElement? WithMaxT(Algorithm scheduler, int steps)
    {
        if (!Engine.Scheduling.TrialSchedulerRegistry.OptionsOf(scheduler.Name).Any(option => option.Name == "max_t"))
        {
            return scheduler.Options;
        }

        Dictionary<string, JsonElement> options = scheduler.Options?.Deserialize<Dictionary<string, JsonElement>>() ?? [];
        options.TryAdd("max_t", JsonSerializer.SerializeToElement(steps));
        return JsonSerializer.SerializeToElement(options);
    }
}
