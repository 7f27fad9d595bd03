using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling.Curves;

namespace HpoServerless.Engine.Tests.Scheduling.Curves;

public sealed class CurveEnsembleTests
{
    private const int Last = 60;
    private static readonly ShapeTable Shapes = CurveFamilies.Until(Last);

    private static (long Step, double Value)[] Seen(Func<double, double> curve, int steps, double noise = 0, int seed = 0)
    {
        SeededRandom random = SeededRandom.For((ulong)seed, "curve");
        return [.. Enumerable.Range(1, steps).Select(step => ((long)step, curve(step) + (noise * random.NextGaussian())))];
    }

    [Fact]
    public void Shapes_go_from_one_to_zero() => Assert.All(Shapes.Shapes, shape =>
    {
        Assert.Equal(0, shape.At(Last), 1e-9);
        Assert.Equal(1, shape.At(1), 1e-9);
    });

    [Fact]
    public void Shapes_of_all_families_are_one_in_sum() => Assert.Equal(1, Shapes.Shapes.Sum(shape => Math.Exp(shape.LogPrior)), 1e-9);

    public static TheoryData<int> Curves => [.. Enumerable.Range(0, Forms.Length)];

    /// <summary>Curves of the families, with parameters that lie between those of the grid.</summary>
    private static Func<double, double>[] Forms =>
    [
        static x => 0.2 + (0.9 * Math.Pow(x, -0.7)),
        static x => 0.1 + (3 * Math.Pow(x + 7, -0.8)),
        static x => 0.3 + (0.6 / (1 + Math.Pow(x / 9, 1.4))),
        static x => 0.4 + (0.5 * Math.Exp(-Math.Pow(x / 8, 0.8))),
        static x => 0.5 + (0.4 / Math.Log(x + 1)),
        static x => 0.7,
    ];

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_end_of_each_family_is_found_from_a_third(int form)
    {
        CurveEnsemble ensemble = CurveEnsemble.Fit(Seen(Forms[form], Last / 3, noise: 0.003), Shapes);

        double end = Forms[form](Last);
        Assert.Equal(end, ensemble.Mean, 0.1);
        Assert.True(ensemble.Below(end + 0.2) > 0.95);
        Assert.True(ensemble.Below(end - 0.2) < 0.05);
    }

    [Fact]
    public void Probabilities_are_honest()
    {
        // The end lies below the limit that has probability p about p of the time.
        int below10 = 0, below90 = 0, all = 0;
        for (int form = 0; form < 5; form++)
        {
            for (int seed = 0; seed < 60; seed++)
            {
                int steps = 8 + (seed % 20);
                CurveEnsemble ensemble = CurveEnsemble.Fit(Seen(Forms[form], steps, noise: 0.02, seed), Shapes);
                double end = Forms[form](Last) + (0.02 * SeededRandom.For((ulong)seed, "end").NextGaussian());
                below10 += ensemble.Below(end) < 0.1 ? 1 : 0;
                below90 += ensemble.Below(end) < 0.9 ? 1 : 0;
                all++;
            }
        }

        Assert.InRange((double)below10 / all, 0.02, 0.25);
        Assert.InRange((double)below90 / all, 0.75, 0.98);
    }

    [Fact]
    public void More_of_a_curve_makes_surer()
    {
        double[] doubts = [.. ((int[])[6, 15, 50]).Select(steps => CurveEnsemble.Fit(Seen(Forms[0], steps, noise: 0.01), Shapes)).Select(ensemble => 1 - (ensemble.Below(Forms[0](Last) + 0.05) - ensemble.Below(Forms[0](Last) - 0.05)))];

        Assert.True(doubts[2] < doubts[1] && doubts[1] < doubts[0], string.Join(", ", doubts));
    }

    [Fact]
    public void Long_curves_are_thinned_out_and_end_the_same()
    {
        ShapeTable shapes = CurveFamilies.Until(100_000);

        CurveEnsemble ensemble = CurveEnsemble.Fit(Seen(static x => 0.2 + Math.Pow(x, -0.5), 50_000), shapes);

        Assert.Equal(0.2 + Math.Pow(100_000, -0.5), ensemble.Mean, 0.01);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1e300)]
    [InlineData(-3.0)]
    public void Curves_without_change_end_where_they_are(double value)
    {
        CurveEnsemble ensemble = CurveEnsemble.Fit(Seen(_ => value, 10), Shapes);

        Assert.Equal(value, ensemble.Mean, Math.Max(1e-6, Math.Abs(value) * 1e-3));
        Assert.True(ensemble.Below(value + Math.Max(1, Math.Abs(value))) > 0.9);
    }
}
