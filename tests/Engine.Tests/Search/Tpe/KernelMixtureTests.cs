using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.Tpe;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Tpe;

public sealed class KernelMixtureTests
{
    private static readonly SpaceAxes Mixed = Axes(
        """
        {
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "n": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.25}},
          "c": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}}
        }
        """);

    private static readonly SpaceAxes Branches = Axes(
        """
        {
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b"]}},
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"kind": ["a"]}},
          "y": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"kind": ["b"]}}
        }
        """);

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void The_density_integrates_to_1(double bandwidth)
    {
        KernelMixture mixture = new(Mixed, [0, 1, 2]);
        mixture.Build([At(0.97, 0.02, 0.1), At(0.3, 0.5, 0.9), At(0.5, 1, 0.5), At(0, 0.3, 0.2), At(0.2, 0.7, 0.2)], [1, 2, 0.5, 1, 3], 0.7, [bandwidth, bandwidth, 0.4]);

        double sum = 0;
        const int Steps = 2000;
        for (int level = 0; level < 5; level++)
        {
            double width = Mixed.Axes[1].Edges[level + 1] - Mixed.Axes[1].Edges[level];
            for (int category = 0; category < 3; category++)
            {
                for (int step = 0; step < Steps; step++)
                {
                    sum += Math.Exp(mixture.LogDensity([(step + 0.5) / Steps, Mixed.Axes[1].Centres[level], Mixed.Axes[2].Centres[category]])) * width / 3 / Steps;
                }
            }
        }

        Assert.Equal(1, sum, 1e-4);
    }

    [Fact]
    public void A_kernel_is_a_cut_off_Gaussian_and_the_prior_is_1()
    {
        KernelMixture mixture = new(Mixed, [0]);
        mixture.Build([At(0.1, 0, 0)], [3], 1, [0.2, 1, 1]);
        double inside = Normal.Cdf(4.5) - Normal.Cdf(-0.5);

        double expected = 0.25 + (0.75 * Normal.Pdf(1.5) / 0.2 / inside);
        Assert.Equal(expected, Math.Exp(mixture.LogDensity([0.4, 0.9, 0.9])), 1e-12);
    }

    [Fact]
    public void A_category_shares_with_the_others()
    {
        KernelMixture mixture = new(Mixed, [2]);
        mixture.Build([At(0.1, 0, 0.5)], [1], 1e-12, [1, 1, 0.3]);

        Assert.Equal(3 * 0.8, Math.Exp(mixture.LogDensity(At(0, 0, 0.5))), 1e-9);
        Assert.Equal(3 * 0.1, Math.Exp(mixture.LogDensity(At(0, 0, 0.1))), 1e-9);
    }

    [Fact]
    public void What_is_inactive_counts_as_the_prior_and_parents_decide()
    {
        KernelMixture mixture = new(Branches, [0, 1, 2]);
        double[] kernel = [0.25, 0.3, double.NaN];
        mixture.Build([kernel], [1], 1e-12, [0.2, 0.1, 0.1]);

        double same = mixture.LogDensity([0.25, 0.3, double.NaN]);
        double other = mixture.LogDensity([0.75, double.NaN, 0.3]);

        Assert.Equal(Math.Log(0.2), other, 1e-9);
        Assert.Equal(other, mixture.LogDensity([0.75, double.NaN, 0.9]), 1e-9);
        Assert.Equal(Math.Log(1.8) - Math.Log(0.1 * Math.Sqrt(2 * Math.PI) * (1 - Normal.Cdf(-3))), same, 1e-9);
    }

    [Fact]
    public void A_mixture_that_becomes_smaller_forgets_the_rest()
    {
        KernelMixture mixture = new(Mixed, [0, 1, 2]);
        KernelMixture fresh = new(Mixed, [0, 1, 2]);
        double[][] one = [At(0.4, 0.3, 0.2)];
        mixture.Build([.. one, At(0.9, 0.9, 0.9), At(0.9, 0.9, 0.9), At(0.9, 0.9, 0.9), At(0.9, 0.9, 0.9)], [1, 1, 1, 1, 1], 1, [0.1, 0.1, 0.1]);
        mixture.Build(one, [1], 1, [0.1, 0.1, 0.1]);
        fresh.Build(one, [1], 1, [0.1, 0.1, 0.1]);

        Assert.Equal(fresh.LogDensity(At(0.9, 0.9, 0.9)), mixture.LogDensity(At(0.9, 0.9, 0.9)));
        Assert.Equal(1, mixture.Count);
    }

    [Fact]
    public void Draws_follow_the_density()
    {
        KernelMixture mixture = new(Mixed, [0, 1, 2]);
        mixture.Build([At(0.05, 0.5, 0.1), At(0.8, 0.5, 0.9)], [3, 1], 1, [0.1, 0.3, 0.3]);
        SeededRandom random = SeededRandom.For(1, "test");
        double[] unit = new double[3];
        int[] tenths = new int[10];
        int[] categories = new int[3];
        for (int i = 0; i < 20_000; i++)
        {
            mixture.Draw(random, unit);
            Assert.InRange(unit[0], 0, Parameter.LargestUnit);
            tenths[(int)(unit[0] * 10)]++;
            categories[Mixed.Axes[2].LevelOf(unit[2])]++;
        }

        KernelMixture first = new(Mixed, [0]);
        first.Build([At(0.05, 0.5, 0.1), At(0.8, 0.5, 0.9)], [3, 1], 1, [0.1, 0.3, 0.3]);
        for (int tenth = 0; tenth < 10; tenth++)
        {
            double share = Enumerable.Range(0, 100).Average(i => Math.Exp(first.LogDensity([(tenth + ((i + 0.5) / 100)) / 10]))) / 10;
            Assert.Equal(share, tenths[tenth] / 20_000.0, 0.015);
        }

        Assert.Equal((0.2 / 3) + (0.6 * 0.8) + (0.2 * 0.1), categories[0] / 20_000.0, 0.015);
    }

    private static double[] At(double x, double n, double c)
    {
        double[] unit = [x, n, c];
        Mixed.Canonicalise(unit);
        return unit;
    }

    private static SpaceAxes Axes(string json) => new(SearchSpace.Parse(json));
}
