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
}
