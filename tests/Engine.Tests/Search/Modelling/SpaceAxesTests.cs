using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Modelling;

public sealed class SpaceAxesTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse(
        """
        {
          "depth": {"method": "uniformint", "dimension": {"low": 1, "high": 4}, "condition": {"kind": ["tree"]}},
          "kind": {"method": "categorical", "dimension": {"categories": ["tree", "line"]}},
          "mode": {"method": "fixed", "dimension": {"value": 1}},
          "deep": {"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0.25}, "condition": {"depth": [3, 4], "mode": [1]}},
          "always": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"mode": [1]}},
          "wide": {"method": "uniformint", "dimension": {"low": 0, "high": 1000000}},
          "lr": {"method": "loguniform", "dimension": {"low": 0.001, "high": 1}}
        }
        """);

    private readonly SpaceAxes _axes = new(Space);

    [Fact]
    public void Fixed_parameters_have_no_axis_and_listed_values_have_cells()
    {
        Assert.Equal(["depth", "kind", "deep", "always", "wide", "lr"], _axes.Axes.Select(axis => axis.Parameter.Name));
        Assert.Equal([4, 2, 5, 0, 0, 0], _axes.Axes.Select(axis => axis.Levels));
        Assert.Equal([0, 0.125, 0.375, 0.625, 0.875, 1], _axes.Axes[2].Edges.ToArray());
        Assert.Equal([0.0625, 0.25, 0.5, 0.75, 0.9375], _axes.Axes[2].Centres.ToArray());
        Assert.False(_axes.IsFinite);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.124, 0)]
    [InlineData(0.125, 1)]
    [InlineData(0.874, 3)]
    [InlineData(0.9999, 4)]
    [InlineData(1.5, 4)]
    [InlineData(-0.5, 0)]
    public void LevelOf_finds_the_cell(double unit, int level) => Assert.Equal(level, _axes.Axes[2].LevelOf(unit));

    [Fact]
    public void Levels_decode_to_the_values_in_their_order()
    {
        foreach (Axis axis in _axes.Axes.Where(axis => axis.Levels > 0))
        {
            Assert.Equal(axis.Parameter.GridValues!, axis.Centres.ToArray().Select(axis.Parameter.Decode));
        }
    }

    [Theory]
    [InlineData(0.9, 0.1, false, false)]
    [InlineData(0.1, 0.1, false, true)]
    [InlineData(0.9, 0.9, true, true)]
    public void Canonicalise_leaves_exactly_the_active_coordinates(double depth, double kind, bool depthIsInactive, bool deepIsInactive)
    {
        double[] unit = [depth, kind, 0.3, 0.3, 0.3, 0.3];

        _axes.Canonicalise(unit);

        Assert.Equal(depthIsInactive, double.IsNaN(unit[0]));
        Assert.Equal(deepIsInactive, double.IsNaN(unit[2]));
        Assert.Equal(unit, _axes.Encode(_axes.Decode(unit))!, (expected, actual) => expected.Equals(actual) || Math.Abs(expected - actual) < 1e-12);
        Assert.Equal(0.3, unit[5]);
    }

    [Fact]
    public void Encode_leaves_out_what_lies_outside() =>
        Assert.Null(_axes.Encode(Configuration.Of(("kind", ParameterValue.Of("tree")))));
}
