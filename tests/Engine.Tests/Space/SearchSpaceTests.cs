using System.Text.Json;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class SearchSpaceTests
{
    public const string EveryMethod = """
        {
          "optimizer": {"method": "categorical", "dimension": {"categories": ["sgd", "adam", 3, 0.5, true, null, [1, 2.0]], "grid_search": 0}},
          "momentum": {"method": "uniform", "dimension": {"low": 0, "high": 0.99}, "condition": {"optimizer": ["sgd"]}},
          "layers": {"method": "uniformint", "dimension": {"low": 1, "high": 4}},
          "dropout": {"method": "quniform", "dimension": {"low": 0, "high": 0.5, "q": 0.1}},
          "lr": {"method": "loguniform", "dimension": {"low": 1E-05, "high": 0.01, "base": 10}},
          "batch": {"method": "qloguniform", "dimension": {"low": 16, "high": 256, "q": 16}},
          "shift": {"method": "normal", "dimension": {"mu": 0, "sigma": 2}},
          "grid": {"method": "qnormal", "dimension": {"mu": 1, "sigma": 3, "q": 0.5}},
          "decay": {"method": "lognormal", "dimension": {"mu": -3, "sigma": 1, "base": 10}},
          "width": {"method": "qlognormal", "dimension": {"mu": 3, "sigma": 1, "q": 8}},
          "seed": {"method": "fixed", "dimension": {"value": 7}, "condition": {"layers": [2, 3]}}
        }
        """;

    [Fact]
    public void ToJson_of_a_document_with_every_method_is_that_document()
    {
        SearchSpace space = SearchSpace.Parse(EveryMethod);

        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(EveryMethod).RootElement, JsonDocument.Parse(space.ToJson()).RootElement));
        Assert.Equal(space, JsonSerializer.Deserialize<SearchSpace>(JsonSerializer.Serialize(space)));
        Assert.Equal(10, space.Dimension);
    }

    [Fact]
    public void Decode_leaves_out_inactive_parameters()
    {
        SearchSpace space = SearchSpace.Parse(EveryMethod);
        double[] unit = [.. Enumerable.Repeat(0.5, space.Dimension)];

        unit[0] = 0.2; // adam
        Configuration middle = space.Decode(unit);
        Assert.DoesNotContain("momentum", middle.Names);
        Assert.Equal(7, middle["seed"].AsDouble());
        Assert.True(space.Contains(middle));

        unit[0] = 0; // sgd
        unit[2] = 0; // one layer
        Configuration first = space.Decode(unit);
        Assert.Equal(0.495, first["momentum"].AsDouble());
        Assert.DoesNotContain("seed", first.Names);
        Assert.True(space.Contains(first));
        Assert.False(space.Contains(Configuration.Of([.. first.Where(pair => pair.Key != "lr").Select(pair => (pair.Key, pair.Value))])));
    }

    [Fact]
    public void Decode_handles_children_that_stand_before_their_parents()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "grandchild": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"child": [2]}},
              "child": {"method": "uniformint", "dimension": {"low": 1, "high": 2}, "condition": {"parent": [true], "constant": [5.0]}},
              "parent": {"method": "categorical", "dimension": {"categories": [true, false]}},
              "constant": {"method": "fixed", "dimension": {"value": 5}}
            }
            """);

        Assert.Equal(3, space.Dimension);
        Assert.Equal("grandchild=0.5, child=2, parent=true, constant=5", space.Decode([0.5, 0.9, 0]).ToString());
        Assert.Equal("child=1, parent=true, constant=5", space.Decode([0.5, 0.1, 0]).ToString());
        Assert.Equal("parent=false, constant=5", space.Decode([0.5, 0.9, 0.9]).ToString());
    }

    [Fact]
    public void FaultsOf_explains_what_is_wrong_with_a_point()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "a": {"method": "categorical", "dimension": {"categories": ["x", "y"]}},
              "b": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"a": ["y"]}},
              "c": {"method": "uniformint", "dimension": {"low": 0, "high": 1}}
            }
            """);
        Configuration wrong = Configuration.Of(("a", ParameterValue.Of("x")), ("b", ParameterValue.Of(0.5)), ("c", ParameterValue.Of(2)), ("d", ParameterValue.Of(1)));

        Assert.Equal(["point.b", "point.c", "point.d"], space.FaultsOf(wrong, "point").Select(fault => fault.Path));
        Assert.Equal(["0.5", "2", "1"], space.FaultsOf(wrong, "point").Select(fault => fault.Value));
        Assert.Equal(["point.a", "point.c"], space.FaultsOf(Configuration.Empty, "point").Select(fault => fault.Path));
        Assert.Throws<ArgumentException>(() => space.Encode(wrong, new double[3]));
    }

    [Fact]
    public void Points_of_another_dimension_are_refused()
    {
        SearchSpace space = SearchSpace.Parse(EveryMethod);

        Assert.Throws<ArgumentException>(() => space.Decode([0.5]));
        Assert.Throws<ArgumentException>(() => space.Encode(space.Decode(new double[10]), new double[11]));
    }

    [Fact]
    public void Parameters_are_found_by_name()
    {
        SearchSpace space = SearchSpace.Parse(EveryMethod);

        Assert.Same(space.Parameters[4], space.Find("lr"));
        Assert.Null(space.Find("LR"));
        Assert.True(space.IsConditional);
        Assert.False(new SearchSpace(new UniformParameter("x", 0, 1)).IsConditional);
    }

    [Fact]
    public void Missing_grid_search_is_written_as_0_and_missing_base_not_at_all()
    {
        SearchSpace space = SearchSpace.Parse(
            """{"a": {"dimension": {"categories": ["x"]}, "method": "categorical"}, "b": {"method": "loguniform", "dimension": {"high": 2, "low": 1}}}""");

        Assert.Equal(
            """{"a":{"method":"categorical","dimension":{"categories":["x"],"grid_search":0}},"b":{"method":"loguniform","dimension":{"low":1,"high":2}}}""",
            space.ToJson());
    }

    [Fact]
    public void Decode_allocates_the_configuration_and_its_values_only()
    {
        // Without normal parameters: code that is not optimised yet allocates where it reads constant tables.
        SearchSpace space = new([.. SearchSpace.Parse(EveryMethod).Parameters.Where(parameter => !parameter.Method.Contains("normal", StringComparison.Ordinal))]);
        double[] unit = [.. Enumerable.Repeat(0.4, space.Dimension)];
        space.Decode(unit);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            space.Decode(unit);
        }

        // 16 bytes a value and 24 for the array's head; 40 for the configuration.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100.0, 1, (16 * space.Parameters.Length) + 24 + 40);
    }
}
