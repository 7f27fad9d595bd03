using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Search.Trees;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Trees;

public sealed class TreeGrowerTests
{
    private static readonly SpaceAxes Axes = new(SearchSpace.Parse(
        """
        {
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
          "kind": {"method": "categorical", "dimension": {"categories": ["a", "b", "c", "d", "e"]}}
        }
        """));

    [Fact]
    public void Grow_cuts_numbers_where_squared_errors_shrink_most()
    {
        TrainingSet data = Data(([.1, .1], 0), ([.2, .1], 1), ([.6, .1], 10), ([.8, .1], 12));

        RegressionTree tree = Grow(data, new() { Cuts = CutStyle.BestMiddle, MaxDepth = 1 });

        // Sums of squares left: 67 + ... for cuts at .15 and .7, only 0.5 + 2 at .4.
        Assert.Equal(.4, tree.Nodes[0].Cut.Threshold, 12);
        Assert.Equal((.5, .25), (tree.Leaf([.39, 0]).Mean, tree.Leaf([.39, 0]).Variance));
        Assert.Equal((11, 1), (tree.Leaf([.41, 0]).Mean, tree.Leaf([.41, 0]).Variance));
    }

    [Fact]
    public void Grow_divides_categories_by_their_means()
    {
        TrainingSet data = Data(([.5, .1], 5), ([.5, .3], 0), ([.5, .5], 6), ([.5, .7], 1));

        RegressionTree tree = Grow(data, new() { Cuts = CutStyle.BestMiddle, MaxDepth = 1 });

        Assert.Equal([5.5, .5, 5.5, .5], Enumerable.Range(0, 4).Select(category => tree.Leaf([.5, category]).Mean));
    }

    [Theory]
    [InlineData(CutStyle.BestMiddle)]
    [InlineData(CutStyle.BestInGap)]
    [InlineData(CutStyle.Random)]
    public void Grow_gives_inactive_coordinates_a_side_of_their_own(object style)
    {
        TrainingSet data = Data(([.1, .1], 1), ([.9, .1], 1), ([double.NaN, .1], 7), ([double.NaN, .1], 7));

        RegressionTree tree = Grow(data, new() { Cuts = (CutStyle)style });

        Assert.Equal(7, tree.Leaf([double.NaN, 0]).Mean);
        Assert.Equal(1, tree.Leaf([.0, 0]).Mean);
        Assert.Equal(1, tree.Leaf([1, 0]).Mean);
    }

    [Theory]
    [InlineData(CutStyle.BestMiddle)]
    [InlineData(CutStyle.BestInGap)]
    [InlineData(CutStyle.Random)]
    public void Grow_to_the_end_remembers_every_row(object style)
    {
        SeededRandom random = SeededRandom.For(1, "rows");
        TrainingSet data = new(Axes);
        for (int i = 0; i < 100; i++)
        {
            data.Add([i % 7 == 0 ? double.NaN : random.NextUnit(), .1 + (.2 * random.NextInt(5))], random.NextGaussian());
        }

        RegressionTree tree = Grow(data, new() { Cuts = (CutStyle)style });

        for (int i = 0; i < 100; i++)
        {
            int twins = data.Rows.Count(row => row.SequenceEqual(data.Rows[i]));
            Assert.True(twins > 1 || Math.Abs(data.Targets[i] - tree.Leaf(data.Rows[i]).Mean) < 1e-12);
        }
    }

    [Fact]
    public void Grow_keeps_leaves_as_heavy_as_asked()
    {
        TrainingSet data = Data(([.1, .1], 0), ([.2, .1], 10), ([.3, .1], 10), ([.4, .1], 10));

        RegressionTree tree = Grow(data, new() { Cuts = CutStyle.BestMiddle, LeafWeight = 2 });

        Assert.Equal(5, tree.Leaf([.1, 0]).Mean);
        Assert.Equal(3, tree.Nodes.Length);
    }

    [Fact]
    public void Grow_leaves_out_rows_without_weight_and_counts_others_as_often_as_said()
    {
        TrainingSet data = Data(([.1, .1], 100), ([.2, .1], 1), ([.3, .1], 4));

        RegressionTree tree = new TreeGrower(data, new() { Cuts = CutStyle.BestMiddle, MaxDepth = 0 }).Grow([0, 2, 1], SeededRandom.For(1, "tree"));

        Assert.Equal(2, tree.Nodes[0].Mean);
        Assert.Equal(2, tree.Nodes[0].Variance);
    }

    [Fact]
    public void Grow_draws_thresholds_inside_the_gap()
    {
        TrainingSet data = Data(([.2, .1], 0), ([.6, .1], 1));
        TreeGrower grower = new(data, new() { Cuts = CutStyle.BestInGap });
        SeededRandom random = SeededRandom.For(2, "tree");

        double[] thresholds = [.. Enumerable.Range(0, 100).Select(_ => grower.Grow([1, 1], random).Nodes[0].Cut.Threshold)];

        Assert.All(thresholds, threshold => Assert.InRange(threshold, .2, .6));
        Assert.True(thresholds.Max() - thresholds.Min() > .3);
    }

    private static TrainingSet Data(params (double[] Unit, double Target)[] rows)
    {
        TrainingSet data = new(Axes);
        foreach ((double[] unit, double target) in rows)
        {
            data.Add(unit, target);
        }

        return data;
    }

    private static RegressionTree Grow(TrainingSet data, GrowthRules rules) =>
        new TreeGrower(data, rules).Grow([.. Enumerable.Repeat(1.0, data.Rows.Count)], SeededRandom.For(1, "tree"));
}
