using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Auto;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Auto;

public sealed class ConvergenceTests
{
    [Fact]
    public void A_few_nearly_equal_best_values_are_near_and_more_exact_ones_are_there()
    {
        double[] spread = [.. Enumerable.Range(1, 40).Select(i => (double)i)];

        Assert.False(Convergence.IsNear(Points([0, .01, .01, .1, .1, .1, .. spread]), 3));
        Assert.True(Convergence.IsNear(Points([0, .01, .01, .01, .01, .. spread]), 3));
        Assert.False(Convergence.IsThere(Points([0, .01, .01, .01, .01, .. spread]), 3));
        Assert.True(Convergence.IsThere(Points([0, 1e-5, 1e-5, 1e-5, 1e-5, .. spread]), 3));
    }

    [Fact]
    public void Few_results_are_not_there() =>
        Assert.False(Convergence.IsThere(Points([0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 3));

    [Fact]
    public void Noise_never_is()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            SeededRandom random = SeededRandom.For(seed, "noise");

            Assert.False(Convergence.IsNear(Points([.. Enumerable.Range(0, 200).Select(_ => random.NextGaussian())]), 3));
        }
    }

    [Fact]
    public void Failures_and_what_was_stopped_early_do_not_count()
    {
        EvaluatedPoint[] points = [.. Points([.. Enumerable.Range(1, 40).Select(i => (double)i)])];
        IEnumerable<EvaluatedPoint> failed = points.Select(point => point with { Observation = point.Observation with { Value = null } });
        IEnumerable<EvaluatedPoint> partial = Points([0, 0, 0, 0, 0, 0]).Select(point => point with { Observation = point.Observation with { IsPartial = true } });

        Assert.False(Convergence.IsNear([.. points, .. failed, .. partial], 3));
    }

    private static IEnumerable<EvaluatedPoint> Points(double[] values) =>
        values.Select((value, i) => new EvaluatedPoint(new(i + 1, Configuration.Of(("x", ParameterValue.Of(i))), value), [0.5]));
}
