using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench;

/// <summary>The experiment that the benchmarks run: five parameters of mixed kinds, one report a trial.</summary>
internal static class Samples
{
    /// <summary>Of every five parameters two are real, one is logarithmic, one an integer and one categorical.</summary>
    public static SearchSpace Space(int parameters) => new([.. Enumerable.Range(0, parameters).Select<int, Parameter>(i => (i % 5) switch
    {
        0 or 1 => new UniformParameter($"f{i}", -5, 5),
        2 => new LogUniformParameter($"l{i}", 1e-6, 1),
        3 => new UniformIntParameter($"i{i}", 1, 128),
        _ => new CategoricalParameter($"c{i}", [ParameterValue.Of("a"), ParameterValue.Of("b"), ParameterValue.Of("c")]),
    })]);

    /// <summary>A cheap objective on such a space.</summary>
    public static double Value(Configuration configuration)
    {
        double sum = 0;
        foreach ((string name, ParameterValue value) in configuration)
        {
            sum += name[0] switch
            {
                'f' => (value.AsDouble() - 1) * (value.AsDouble() - 1),
                'l' => value.AsDouble(),
                'i' => Math.Abs(value.AsDouble() - 40) / 40,
                _ => .5 * (value.ToString()[0] - 'a'),
            };
        }

        return sum;
    }

    public static ExperimentDefinition Definition(int trials, int slots) => new()
    {
        Project = "bench",
        Space = Space(parameters: 5),
        Metric = "loss",
        Mode = OptimizationMode.Min,
        NumTrials = trials,
        MaxConcurrent = slots,
        Seed = 1,
        Stop = ImmutableSortedDictionary<string, double>.Empty.Add("training_iteration", 1),
        Program = new() { Scripts = "none", Script = "bench.py", Model = "bench" },
    };
}
