using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

/// <summary>Distributions are checked at exact quantiles, so nothing here depends on luck.</summary>
public sealed class ParameterTests
{
    private const double AlmostOne = 1 - (1.0 / (1L << 53));

    /// <remarks>Origin: the definitions, and 1.9599639845400545 for the 0.975 quantile of the normal distribution.</remarks>
    public static TheoryData<Parameter, double, double> Quantiles => new()
    {
        { new UniformParameter("x", -1, 3), 0, -1 },
        { new UniformParameter("x", -1, 3), 0.25, 0 },
        { new UniformParameter("x", -1, 3), 0.5, 1 },
        { new UniformParameter("x", -1e308, 1e308), 0.75, 5e307 },
        { new UniformParameter("x", 1, Math.BitIncrement(1)), 0.9, Math.BitIncrement(1) },
        { new LogUniformParameter("x", 1e-4, 1), 0, 1e-4 },
        { new LogUniformParameter("x", 1e-4, 1), 0.5, 1e-2 },
        { new LogUniformParameter("x", 1e-4, 1, 10), 0.75, 1e-1 },
        { new LogUniformParameter("x", 1e-300, 1e300), 0.5, 1 },
        { new NormalParameter("x", 2, 3), 0.5, 2 },
        { new NormalParameter("x", 2, 3), 0.975, 2 + (3 * 1.9599639845400545) },
        { new NormalParameter("x", 2, 3), 0.025, 2 - (3 * 1.9599639845400545) },
        { new LogNormalParameter("x", 2, 3), 0.5, Math.E * Math.E },
        { new LogNormalParameter("x", 2, 3, 10), 0.5, 100 },
        { new LogNormalParameter("x", -1, 0.5, 2), 0.975, Math.Pow(2, -1 + (0.5 * 1.9599639845400545)) },
    };

    /// <summary>A q parameter, a unit, and the value.</summary>
    public static TheoryData<Parameter, double, double> Rounded => new()
    {
        // Ends have half cells: a draw is rounded.
        { new QUniformParameter("x", 0, 0.5, 0.1), 0, 0 },
        { new QUniformParameter("x", 0, 0.5, 0.1), 0.0999, 0 },
        { new QUniformParameter("x", 0, 0.5, 0.1), 0.1001, 0.1 },
        { new QUniformParameter("x", 0, 0.5, 0.1), 0.5001, 0.3 },
        { new QUniformParameter("x", 0, 0.5, 0.1), 0.8999, 0.4 },
        { new QUniformParameter("x", 0, 0.5, 0.1), 0.9001, 0.5 },

        // Halves to even.
        { new QUniformParameter("x", 0, 4, 1), 0.125, 0 },
        { new QUniformParameter("x", 0, 4, 1), 0.375, 2 },
        { new QUniformParameter("x", 0, 4, 1), 0.625, 2 },
        { new QUniformParameter("x", 0, 4, 1), 0.875, 4 },
        { new QUniformParameter("x", -4, 0, 1), 0.375, -2 },

        // Bounds that are no multiples: the nearest multiple inside.
        { new QUniformParameter("x", 0.9, 3.9, 1), 0, 1 },
        { new QUniformParameter("x", 0.9, 3.9, 1), AlmostOne, 3 },
        { new QUniformParameter("x", 1.1, 3.9, 1), 0, 2 },
        { new QUniformParameter("x", -0.7, 0.7, 0.5), 0, -0.5 },
        { new QUniformParameter("x", 0.1, 9.9, 7), 0.01, 7 },
        { new QUniformParameter("x", 0.1, 9.9, 7), AlmostOne, 7 },

        { new QLogUniformParameter("x", 1, 100, 1), 0, 1 },
        { new QLogUniformParameter("x", 1, 100, 1), 0.5, 10 },
        { new QLogUniformParameter("x", 1, 100, 1, 10), AlmostOne, 100 },
        { new QLogUniformParameter("x", 0.2, 100, 1), 0, 1 },
        { new QLogUniformParameter("x", 1, 250, 100), 0, 100 },
        { new QLogUniformParameter("x", 1, 250, 100), AlmostOne, 200 },

        { new QNormalParameter("x", 0.1, 1, 0.5), 0.5, 0 },
        { new QNormalParameter("x", 2, 3, 0.5), 0.975, 8 },
        { new QNormalParameter("x", 2, 3, 0.5), 0.025, -4 },
        { new QLogNormalParameter("x", 2, 3, 5), 0.5, 5 },
        { new QLogNormalParameter("x", 2, 3, 5), 0.001, 0 },
        { new QLogNormalParameter("x", 2, 1, 30, 10), 0.5, 90 },
    };

    public static TheoryData<Parameter> Every =>
    [
        new CategoricalParameter("x", [ParameterValue.Of("a"), ParameterValue.Of(2), ParameterValue.Of(true)]),
        new UniformParameter("x", -5, 5),
        new UniformIntParameter("x", -5, 5),
        new QUniformParameter("x", -5, 5, 0.3),
        new LogUniformParameter("x", 1e-9, 1e9),
        new QLogUniformParameter("x", 0.001, 1000, 0.25),
        new NormalParameter("x", 1, 2),
        new QNormalParameter("x", 1, 2, 0.1),
        new LogNormalParameter("x", 1, 2),
        new QLogNormalParameter("x", 1, 2, 0.1),
        new FixedParameter("x", ParameterValue.Of("v")),
    ];

    [Theory]
    [MemberData(nameof(Quantiles))]
    public void Decode_gives_the_quantile(Parameter parameter, double unit, double expected)
    {
        double value = parameter.Decode(unit).AsDouble();

        Assert.InRange(Math.Abs(value - expected), 0, 1e-14 * Math.Abs(expected));
        Assert.Equal(ParameterValueKind.Real, parameter.Decode(unit).Kind);
        Assert.Null(parameter.GridValues);
        Assert.Equal(ParameterKind.Continuous, parameter.Kind);
    }

    [Theory]
    [MemberData(nameof(Rounded))]
    public void Decode_rounds_to_exact_multiples(Parameter parameter, double unit, double expected)
    {
        Assert.Equal(expected, parameter.Decode(unit).AsDouble());
        Assert.Equal(ParameterValueKind.Real, parameter.Decode(unit).Kind);
        Assert.Equal(ParameterKind.Ordinal, parameter.Kind);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Decode_is_defined_everywhere_monotone_and_inside(Parameter parameter)
    {
        double last = double.NegativeInfinity;
        foreach (double unit in Enumerable.Range(1, 1999).Select(i => i / 2000.0).Concat([AlmostOne, 1, 2]).Prepend(double.Epsilon).Prepend(0).Prepend(-1))
        {
            ParameterValue value = parameter.Decode(unit);
            Assert.True(parameter.Contains(value), $"{value} at {unit}");
            if (parameter.Kind is ParameterKind.Continuous or ParameterKind.Integer or ParameterKind.Ordinal)
            {
                Assert.True(value.AsDouble() >= last, $"falls at {unit}");
                last = value.AsDouble();
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => parameter.Decode(double.NaN));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Encode_is_undone_by_Decode(Parameter parameter)
    {
        for (double unit = 0.001; unit < 1; unit += 0.001)
        {
            ParameterValue value = parameter.Decode(unit);
            double encoded = parameter.Encode(value);
            Assert.InRange(encoded, 0, AlmostOne);
            if (parameter.Kind == ParameterKind.Continuous)
            {
                Assert.Equal(unit, encoded, 1e-12);
            }
            else
            {
                Assert.Equal(value, parameter.Decode(encoded));
            }
        }

        Assert.Throws<ArgumentException>(() => parameter.Encode(ParameterValue.Of("nothing of this")));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Uniformint_and_categorical_give_every_value_the_same_share(int count)
    {
        UniformIntParameter integer = new("x", 10, 10 + count - 1);
        CategoricalParameter category = new("x", [.. Enumerable.Range(10, count).Select(i => ParameterValue.Of(i))]);

        for (int i = 0; i < count; i++)
        {
            // Just inside both ends of the cell of value i.
            foreach (double unit in new[] { (i + 1e-9) / count, (i + 1 - 1e-9) / count })
            {
                Assert.Equal(ParameterValue.Of(10 + i), integer.Decode(unit));
                Assert.Equal(ParameterValue.Of(10 + i), category.Decode(unit));
            }
        }

        Assert.Equal(integer.GridValues, category.GridValues);
        Assert.Equal(count, integer.GridValues!.Count);
    }

    [Fact]
    public void Uniformint_reaches_the_ends_of_64_bits()
    {
        UniformIntParameter all = new("x", long.MinValue, long.MaxValue);

        Assert.Equal(ParameterValue.Of(long.MinValue), all.Decode(0));
        Assert.Equal(ParameterValue.Of(0), all.Decode(0.5));
        Assert.Equal(ParameterValue.Of(long.MaxValue - 2047), all.Decode(AlmostOne)); // the last of 2^53 steps of 2^11
        Assert.Null(all.GridValues);
        Assert.Equal(0.5, all.Encode(ParameterValue.Of(0)));
        Assert.Equal(ParameterValue.Of(long.MaxValue), new UniformIntParameter("x", long.MaxValue - 1, long.MaxValue).Decode(AlmostOne));
    }

    [Fact]
    public void Draws_stay_finite_and_positive_at_the_extremes()
    {
        Assert.InRange(new NormalParameter("x", 0, 1).Decode(0).AsDouble(), -8.3, -8.2);
        Assert.InRange(new NormalParameter("x", 0, 1).Decode(1).AsDouble(), 8.2, 8.3);
        Assert.Equal(double.MaxValue, new NormalParameter("x", 1e308, 1e308).Decode(1).AsDouble());
        Assert.Equal(double.MaxValue, new LogNormalParameter("x", 700, 100).Decode(1).AsDouble());
        Assert.Equal(double.Epsilon, new LogNormalParameter("x", -700, 100).Decode(0).AsDouble());
        Assert.Equal(1e300, new QNormalParameter("x", 1e300, 1, 0.1).Decode(0.5).AsDouble());
    }

    [Fact]
    public void Contains_knows_bounds_kinds_and_multiples()
    {
        Assert.True(new UniformParameter("x", 0, 1).Contains(ParameterValue.Of(1)));
        Assert.False(new UniformParameter("x", 0, 1).Contains(ParameterValue.Of(1.0000001)));
        Assert.False(new UniformParameter("x", 0, 1).Contains(ParameterValue.Of(true)));
        Assert.True(new UniformIntParameter("x", 0, 5).Contains(ParameterValue.Of(5.0)));
        Assert.False(new UniformIntParameter("x", 0, 5).Contains(ParameterValue.Of(4.5)));
        Assert.False(new UniformIntParameter("x", 0, 5).Contains(ParameterValue.Of(6)));
        Assert.True(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(0.1 * 3)));
        Assert.True(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(1)));
        Assert.False(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(0.35)));
        Assert.False(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(1.1)));
        Assert.False(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of("0.1")));
        Assert.True(new QNormalParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(double.MaxValue)));
        Assert.False(new QUniformParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(double.MaxValue)));
        Assert.False(new QLogNormalParameter("x", 0, 1, 0.1).Contains(ParameterValue.Of(double.MinValue)));
        Assert.False(new LogNormalParameter("x", 0, 1).Contains(ParameterValue.Of(0)));
        Assert.True(new QLogNormalParameter("x", 0, 1, 2).Contains(ParameterValue.Of(0)));
        Assert.False(new QLogNormalParameter("x", 0, 1, 2).Contains(ParameterValue.Of(-2)));
        Assert.True(new NormalParameter("x", 0, 1).Contains(ParameterValue.Of(-1e300)));
        Assert.True(new FixedParameter("x", ParameterValue.Of(3)).Contains(ParameterValue.Of(3.0)));
        Assert.False(new FixedParameter("x", ParameterValue.Of(3)).Contains(ParameterValue.Of(4)));
    }

    [Fact]
    public void GridValues_are_exact_and_complete()
    {
        Assert.Equal(
            ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"],
            new QUniformParameter("x", 0, 1, 0.1).GridValues!.Select(value => value.ToString()));
        Assert.Equal(["-1", "0", "1"], new UniformIntParameter("x", -1, 1).GridValues!.Select(value => value.ToString()));
        Assert.Equal(["16.0", "32.0", "48.0"], new QLogUniformParameter("x", 10, 60, 16).GridValues!.Select(value => value.ToString()));
        Assert.Equal([ParameterValue.Of(1)], new FixedParameter("x", ParameterValue.Of(1)).GridValues);
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformIntParameter("x", -1, 1).GridValues![3]);
        Assert.Equal(int.MaxValue, new UniformIntParameter("x", 1, int.MaxValue).GridValues!.Count);
        Assert.Null(new UniformIntParameter("x", 0, int.MaxValue).GridValues);
        Assert.Equal(3, ((System.Collections.IEnumerable)new UniformIntParameter("x", -1, 1).GridValues!).Cast<object>().Count());
    }

    [Fact]
    public void Parameters_are_equal_by_content()
    {
        Condition condition = new(new ConditionClause("y", [ParameterValue.Of(1)]));
        Condition same = new(new ConditionClause("y", [ParameterValue.Of(1)]));

        Assert.Equal(new QUniformParameter("x", 0, 1, 0.1, condition), new QUniformParameter("x", 0, 1, 0.1, same));
        Assert.Equal(new QUniformParameter("x", 0, 1, 0.1, condition).GetHashCode(), new QUniformParameter("x", 0, 1, 0.1, same).GetHashCode());
        Assert.NotEqual(new QUniformParameter("x", 0, 1, 0.1), new QUniformParameter("x", 0, 1, 0.1, same));
        Assert.NotEqual<Parameter>(new UniformParameter("x", 1, 2), new LogUniformParameter("x", 1, 2));
        Assert.Equal(
            new CategoricalParameter("x", [ParameterValue.Of(1), ParameterValue.Of("a")]),
            new CategoricalParameter("x", [ParameterValue.Of(1), ParameterValue.Of("a")]));
        Assert.NotEqual(
            new CategoricalParameter("x", [ParameterValue.Of(1), ParameterValue.Of("a")]),
            new CategoricalParameter("x", [ParameterValue.Of(1), ParameterValue.Of("a")], gridSearch: true));
        Assert.Equal(new CategoricalParameter("x", [ParameterValue.Of(1)]).GetHashCode(), new CategoricalParameter("x", [ParameterValue.Of(1)]).GetHashCode());
        Assert.Equal(condition.GetHashCode(), same.GetHashCode());
        Assert.Equal(condition.Clauses[0].GetHashCode(), same.Clauses[0].GetHashCode());
        Assert.NotEqual(condition, new Condition(new ConditionClause("y", [ParameterValue.Of(2)])));
    }
}
