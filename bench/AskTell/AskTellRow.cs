using System.Diagnostics;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.AskTell;

/// <summary>What proposing a trial and taking in its result cost by the time there are so many trials.</summary>
/// <param name="Algorithm">As the command line named it.</param>
/// <param name="Parameters">Of the space.</param>
/// <param name="Trials">How many there are.</param>
/// <param name="MillisecondsATrial">Over the last 100 of them, the last half where that is fewer.</param>
/// <param name="CpuMillisecondsATrial">The same in CPU time, which other work on the machine does not change but compiling and collecting do.</param>
/// <param name="CpuSeconds">Of all of them together, with everything that was compiled meanwhile.</param>
/// <param name="HeapMegabytes">Live memory of the process.</param>
internal sealed record AskTellRow(string Algorithm, int Parameters, int Trials, double MillisecondsATrial, double CpuMillisecondsATrial, double CpuSeconds, double HeapMegabytes)
{
    /// <summary>Both times are upper bounds of what the searcher costs; this is the closer one.</summary>
    [JsonIgnore]
    public double Milliseconds => Math.Min(MillisecondsATrial, CpuMillisecondsATrial);

    /// <summary>Where the cost is noted.</summary>
    public static readonly int[] Lengths = [50, 100, 200, 1_000, 3_000, 10_000];

    /// <summary>Runs one experiment of one trial at a time up to the last length or the limit.</summary>
    /// <param name="algorithm">The searcher.</param>
    /// <param name="parameters">Of the space.</param>
    /// <param name="limit">When to begin no further trial.</param>
    public static List<AskTellRow> Measure(Algorithm algorithm, int parameters, TimeSpan limit)
    {
        SearchSpace space = Samples.Space(parameters);
        ISearcher searcher = SearcherRegistry.Create(algorithm.Name, algorithm.Options, space);
        SearchContext context = new() { Space = space, Seed = 1, NextTrial = 1, TotalTrials = Lengths[^1] };
        List<AskTellRow> rows = [];
        double[] milliseconds = new double[Lengths[^1]];
        double[] cpuMilliseconds = new double[Lengths[^1]];
        AppendOnlyList<Observation> observations = [];
        string? state = null;
        Stopwatch total = Stopwatch.StartNew();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        while (observations.Count < Lengths[^1] && total.Elapsed < limit)
        {
            int trial = observations.Count + 1;
            TimeSpan cpuStart = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            SearchStep step = searcher.Suggest(context with { NextTrial = trial, Observations = observations, State = state }, 1);
            state = step.State;
            if (step.Suggestions.IsEmpty)
            {
                break;
            }

            observations = observations.Add(new(trial, step.Suggestions[0], Samples.Value(step.Suggestions[0])));
            milliseconds[trial - 1] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            cpuMilliseconds[trial - 1] = (Environment.CpuUsage.TotalTime - cpuStart).TotalMilliseconds;
            if (Lengths.Contains(trial))
            {
                total.Stop();
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                Range last = (trial - Math.Min(100, trial / 2))..trial;
                rows.Add(new(
                    algorithm.Label,
                    parameters,
                    trial,
                    milliseconds[last].Average(),
                    cpuMilliseconds[last].Average(),
                    (cpu - cpuBefore).TotalSeconds,
                    GC.GetTotalMemory(forceFullCollection: true) / 1e6));
                cpuBefore += Environment.CpuUsage.TotalTime - cpu; // looking at the heap is not the searcher's cost
                total.Start();
            }
        }

        GC.KeepAlive(searcher);
        return rows;
    }
}
