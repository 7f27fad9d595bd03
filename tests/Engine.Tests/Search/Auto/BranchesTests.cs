using HpoServerless.Engine.Search.Auto;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Auto;

public sealed class BranchesTests
{
    private static readonly SearchSpace Tree = SearchSpace.Parse(
        """
        {
          "scale": {"method": "categorical", "dimension": {"categories": ["no", "yes"]}},
          "model": {"method": "categorical", "dimension": {"categories": ["a", "b", "c"]}},
          "x": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"model": ["a", "b"]}},
          "y": {"method": "uniformint", "dimension": {"low": 1, "high": 9}, "condition": {"model": ["b"], "scale": ["yes"]}},
          "z": {"method": "loguniform", "dimension": {"low": 0.1, "high": 1}, "condition": {"y": [1, 2]}}
        }
        """);

    [Fact]
    public void Of_divides_by_the_choice_that_most_depends_on()
    {
        Branches branches = Branches.Of(Tree);

        Assert.Equal("model", branches.Choice);
        Assert.Equal(["scale model x", "scale model x y z", "scale model"], branches.Parts.Select(part => string.Join(' ', part.Space.Parameters.Select(p => p.Name))));
    }

    [Fact]
    public void Parts_hold_configurations_of_the_whole()
    {
        foreach ((ParameterValue value, SearchSpace space) in Branches.Of(Tree).Parts)
        {
            for (int i = 0; i < 20; i++)
            {
                Configuration configuration = space.Decode([.. Enumerable.Range(1, space.Dimension).Select(axis => (i + .5) * axis / 20 % 1)]);

                Assert.Empty(Tree.FaultsOf(configuration, "configuration"));
                Assert.Equal(value, configuration["model"]);
            }
        }
    }

    [Fact]
    public void Of_a_space_without_conditions_has_no_parts() =>
        Assert.Empty(Branches.Of(new(new CategoricalParameter("c", [ParameterValue.Of("a"), ParameterValue.Of("b")]))).Parts);

    [Fact]
    public void Of_a_choice_that_is_no_category_has_no_parts() =>
        Assert.Empty(Branches.Of(SearchSpace.Parse(
            """
            {
              "layers": {"method": "uniformint", "dimension": {"low": 1, "high": 2}},
              "second": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"layers": [2]}}
            }
            """)).Parts);
}
