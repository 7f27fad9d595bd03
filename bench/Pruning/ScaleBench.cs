using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;

namespace HpoServerless.Bench.Pruning;

/// <summary>Whether early stopping keeps many workers busy: 500 of them, 10,000 trials, stragglers and lost workers, through the real engine in virtual time.</summary>
internal static class ScaleBench
{
    public const string Usage = "scale [--trials 10000] [--workers 500] [--algorithms asha,curve_promotion] [--json]";

    private const int Steps = 81;
    private const int WarmUp = 1000;
    private const double StragglerShare = 0.01;
    private const double StragglerFactor = 20;
    private const double LossShare = 0.02;
    private const string Ours = "asha:{\"max_t\": 81; \"reduction_factor\": 3},asha:{\"variant\": \"promotion\"; \"max_t\": 81; \"reduction_factor\": 3},curve_promotion:{\"max_t\": 81}";

    private static readonly string[] Heads = ["scheduler", "busy", "makespan", "steps", "of all", "run again", "completed", "turns", "median turn ms", "p99", "max", "regret"];

    /// <returns>0; 1 where an iteration was lost or run twice, or a trial did not end.</returns>
    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        CommandLine line = new(arguments, ["--trials", "--workers", "--algorithms"], ["--json"]);
        int trials = line.Number("--trials", 10_000);
        int workers = line.Number("--workers", 500);
        List<string[]> rows = [Heads];
        List<object> figures = [];
        int faults = 0;
        foreach (Algorithm scheduler in line.Algorithms(Ours.Replace(';', ',')))
        {
            Play(scheduler, Math.Min(trials, WarmUp), Math.Min(workers, WarmUp / 20));
            (VirtualRun run, double regret) = Play(scheduler, trials, workers);
            double Turn(double share) => run.Turns[(int)(share * (run.Turns.Length - 1))];
            int completed = run.State.Trials.Count(trial => trial.LastStep == Steps);
            rows.Add(
            [
                scheduler.Label, $"{run.BusyShare:P1}", $"{run.Makespan:0}", $"{run.Steps}", $"{(double)run.Steps / (trials * (long)Steps):P1}", $"{run.Redone}", $"{completed}",
                $"{run.Turns.Length}", $"{Turn(0.5):0.00}", $"{Turn(0.99):0.00}", $"{Turn(1):0.00}", $"{regret:0.0000}",
            ]);
            figures.Add(new { scheduler = scheduler.Label, busy = run.BusyShare, makespan = run.Makespan, steps = run.Steps, redone = run.Redone, completed, turns = run.Turns.Length, median = Turn(0.5), p99 = Turn(0.99), max = Turn(1), regret, faults = run.Faults.Length });
            foreach (string fault in run.Faults.Take(10))
            {
                Console.Error.WriteLine($"{scheduler.Label}: {fault}");
            }

            faults += run.Faults.Length;
        }

        if (line.Has("--json"))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
        }
        else
        {
            Console.Out.WriteLine($"{workers} workers, {trials} trials of {Steps} steps, 1 % of them 20 times slower, 2 % of the segments lost once; busy until the last trial was created");
            TextTable.Write(Console.Out, rows);
            Console.Out.WriteLine(faults == 0 ? "No iteration was lost or run twice, besides those that were lost with a worker, and every trial ended." : $"{faults} faults");
        }

        return faults == 0 ? 0 : 1;
    }

    private static (VirtualRun Run, double Regret) Play(Algorithm scheduler, int trials, int workers)
    {
        CurveTable[] tables = [.. Enumerable.Range(0, (trials + 99) / 100).Select(CurveFamily.Peers[0].Table)];
        ExperimentDefinition definition = Samples.Definition(trials, workers) with
        {
            Stop = ImmutableSortedDictionary<string, double>.Empty,
            Scheduler = new(scheduler.Name, scheduler.Options),
        };
        VirtualRun run = new VirtualCluster(definition, Steps, (trial, step) => tables[(trial - 1) / 100].Observed[(trial - 1) % 100][step - 1])
        {
            SecondsOf = static trial => SeededRandom.For(1, "straggler", trial).NextUnit() < StragglerShare ? StragglerFactor : 1,
            LostOf = static (trial, first, steps) =>
            {
                SeededRandom random = SeededRandom.For(2, $"loss-{first}", trial);
                return random.NextUnit() < LossShare ? (long)Math.Ceiling(random.NextUnit() * steps) : 0;
            },
        }.Play();
        double best = tables.Min(table => table.True.Min(curve => curve[^1]));
        return (run, run.State.Summary.Best is { } chosen ? tables[(chosen.Trial - 1) / 100].True[(chosen.Trial - 1) % 100][^1] - best : double.NaN);
    }
}
