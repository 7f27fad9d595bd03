using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench;

/// <summary>The experiment that the benchmarks run: five parameters of mixed kinds, one report a trial.</summary>
internal static class Samples
{
    public static ExperimentDefinition Definition(int trials, int slots) => new()
    {
        Project = "bench",
        Space = SearchSpace.Parse(
            """
            {
              "f0": {"method": "uniform", "dimension": {"low": -5, "high": 5}},
              "f1": {"method": "uniform", "dimension": {"low": -5, "high": 5}},
              "l2": {"method": "loguniform", "dimension": {"low": 1e-6, "high": 1}},
              "i3": {"method": "uniformint", "dimension": {"low": 1, "high": 128}},
              "c4": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}}
            }
            """),
        Metric = "loss",
        Mode = OptimizationMode.Min,
        NumTrials = trials,
        MaxConcurrent = slots,
        Seed = 1,
        Stop = ImmutableSortedDictionary<string, double>.Empty.Add("training_iteration", 1),
        Program = new() { Scripts = "none", Script = "bench.py", Model = "bench" },
    };
}
