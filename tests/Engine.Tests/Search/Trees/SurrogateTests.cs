using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.Trees;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Trees;

public sealed class SurrogateTests
{
    private static readonly SpaceAxes Line = new(new SearchSpace(new UniformParameter("x", 0, 1)));

    [Fact]
    public void A_forest_that_cannot_cut_has_the_moments_of_its_rows()
    {
        SpaceAxes one = new(SearchSpace.Parse("""{"a": {"method": "categorical", "dimension": {"categories": ["only"]}}}"""));
        TrainingSet data = Data(one, (.5, 1), (.5, 2), (.5, 3));

        (double mean, double deviation) = new Forest(ForestKind.Extra, 4, bootstrap: false).Fit(data, SeededRandom.For(1, "f")).At([0]);

        Assert.Equal(2, mean, 12);
        Assert.Equal(Math.Sqrt(2.0 / 3), deviation, 12);
    }

    [Fact]
    public void Trees_agree_at_the_rows_and_differ_between_them()
    {
        TrainingSet data = Data(Line, (.1, 0), (.9, 1));

        IPrediction model = new Forest(ForestKind.Extra, 1000, bootstrap: false).Fit(data, SeededRandom.For(1, "f"));

        Assert.Equal((0, 0), model.At([.1]));
        Assert.Equal((1, 0), model.At([.9]));

        // At a quarter of the gap, a threshold lies to the left with probability 1/4: a Bernoulli variable.
        (double mean, double deviation) = model.At([.3]);
        Assert.Equal(.25, mean, .05);
        Assert.Equal(Math.Sqrt(mean * (1 - mean)), deviation, 12);
    }

    [Fact]
    public void A_sample_with_replacement_leaves_rows_out()
    {
        TrainingSet data = Data(Line, (.1, 0), (.9, 1));

        (double mean, double deviation) = new Forest(ForestKind.Random, 1000, bootstrap: true).Fit(data, SeededRandom.For(1, "f")).At([.1]);

        // A quarter of the samples has the other row alone.
        Assert.Equal(.25, mean, .05);
        Assert.True(deviation > .3);
    }

    [Fact]
    public void Many_rows_cost_no_more_than_the_most()
    {
        TrainingSet data = new(Line);
        for (int i = 0; i < 3 * Forest.MostRows; i++)
        {
            data.Add([i / (3.0 * Forest.MostRows)], i % 2);
        }

        (double mean, _) = new Forest(ForestKind.Extra, 1, bootstrap: false).Fit(data, SeededRandom.For(1, "f")).At([.5]);

        Assert.InRange(mean, 0, 1);
    }

    [Fact]
    public void Quantiles_are_the_lowest_values_that_enough_do_not_exceed()
    {
        Assert.Equal(2, QuantileBoosting.Quantile([4, 2, 3, 1], .5));
        Assert.Equal(3, QuantileBoosting.Quantile([4, 2, 3, 1], .51));
        Assert.Equal(1, QuantileBoosting.Quantile([1], .16));
        Assert.Equal(9, QuantileBoosting.Quantile([9, 1], 1));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1.9)]
    [InlineData(3, 2.71)]
    public void Boosting_takes_a_tenth_of_what_is_left_each_round(int rounds, double expected)
    {
        // The median is 0 throughout on the left; on the right 10, 9, 8.1 ... are left.
        TrainingSet data = Data(Line, (.1, 0), (.2, 0), (.3, 0), (.9, 10));

        IPrediction model = new QuantileBoosting(rounds).Fit(data, SeededRandom.For(1, "g"));

        Assert.Equal(expected, model.At([.9]).Mean, 12);
        Assert.Equal(0, model.At([.2]).Mean, 12);
    }

    [Fact]
    public void Boosting_tells_where_targets_scatter()
    {
        TrainingSet data = new(Line);
        SeededRandom random = SeededRandom.For(1, "scatter");
        for (int i = 0; i < 200; i++)
        {
            data.Add([i / 200.0], i < 100 ? 1 : random.NextGaussian());
        }

        IPrediction model = new QuantileBoosting(60).Fit(data, SeededRandom.For(1, "g"));

        Assert.InRange(model.At([.25]).Deviation, 0, .1);
        Assert.InRange(model.At([.75]).Deviation, .6, 1.4);
    }

    private static TrainingSet Data(SpaceAxes axes, params (double X, double Target)[] rows)
    {
        TrainingSet data = new(axes);
        foreach ((double x, double target) in rows)
        {
            data.Add([x], target);
        }

        return data;
    }
}
