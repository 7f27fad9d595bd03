using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class SearchSpaceValidationTests
{
    /// <summary>Definition of hyperparameter x; the path below it and the value of the one fault.</summary>
    public static TheoryData<string, string, string?> BrokenDefinitions => new()
    {
        // The definition.
        { "3", "", "3" },
        { "[]", "", "[]" },
        { """{"dimension": {}}""", ".method", null },
        { """{"method": "uniform"}""", ".dimension", null },
        { """{"method": "uniform", "dimension": 3}""", ".dimension", "3" },
        { """{"method": "Uniform", "dimension": {}}""", ".method", "\"Uniform\"" },
        { """{"method": 3, "dimension": {}}""", ".method", "3" },
        { """{"method": "\ud800", "dimension": {}}""", ".method", "\"\\ud800\"" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "extra": 5}""", ".extra", "5" },
        { """{"method": "uniform", "method": "normal", "dimension": {"low": 0, "high": 1}}""", ".method", "\"normal\"" },

        // Arguments: missing, unknown, twice, of a wrong type.
        { """{"method": "uniform", "dimension": {"low": 0}}""", ".high", null },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1, "q": 2}}""", ".q", "2" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1, "high": 2}}""", ".high", "2" },
        { """{"method": "uniform", "dimension": {"low": "0", "high": 1}}""", ".low", "\"0\"" },
        { """{"method": "uniform", "dimension": {"low": false, "high": 1}}""", ".low", "false" },
        { """{"method": "uniform", "dimension": {"low": null, "high": 1}}""", ".low", "null" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1e999}}""", ".high", "1e999" },
        { """{"method": "uniformint", "dimension": {"low": 0, "high": 1.5}}""", ".high", "1.5" },
        { """{"method": "uniformint", "dimension": {"low": true, "high": 5}}""", ".low", "true" },
        { """{"method": "uniformint", "dimension": {"low": 0, "high": 9223372036854775808}}""", ".high", "9223372036854775808" },
        { """{"method": "uniformint", "dimension": {"low": 0, "high": 1e999}}""", ".high", "1e999" },
        { """{"method": "uniformint", "dimension": {"high": 1}}""", ".low", null },
        { """{"method": "quniform", "dimension": {"low": 0, "high": 1}}""", ".q", null },
        { """{"method": "normal", "dimension": {"mu": 0}}""", ".sigma", null },
        { """{"method": "fixed", "dimension": {}}""", ".value", null },
        { """{"method": "fixed", "dimension": {"value": 9223372036854775808}}""", ".value", "9223372036854775808" },
        { """{"method": "fixed", "dimension": {"value": "\ud800"}}""", ".value", "\"\\ud800\"" },

        // Bounds.
        { """{"method": "uniform", "dimension": {"low": 1, "high": 1.0}}""", ".low", "1" },
        { """{"method": "uniform", "dimension": {"low": 2.50, "high": 1}}""", ".low", "2.50" },
        { """{"method": "uniformint", "dimension": {"low": 3, "high": 3}}""", ".low", "3" },
        { """{"method": "quniform", "dimension": {"low": 3, "high": 2, "q": 1}}""", ".low", "3" },
        { """{"method": "loguniform", "dimension": {"low": 1, "high": 0.5}}""", ".low", "1" },
        { """{"method": "loguniform", "dimension": {"low": 0, "high": 0.5}}""", ".low", "0" },
        { """{"method": "loguniform", "dimension": {"low": -1, "high": 0.5}}""", ".low", "-1" },
        { """{"method": "qloguniform", "dimension": {"low": 0, "high": 5, "q": 1}}""", ".low", "0" },
        { """{"method": "qloguniform", "dimension": {"low": 5, "high": 5, "q": 1}}""", ".low", "5" },

        // q, sigma and base.
        { """{"method": "quniform", "dimension": {"low": 0, "high": 1, "q": 0}}""", ".q", "0" },
        { """{"method": "quniform", "dimension": {"low": 0.1, "high": 0.9, "q": 1}}""", ".q", "1" },
        { """{"method": "quniform", "dimension": {"low": 0, "high": 1E+20, "q": 0.001}}""", ".q", "0.001" },
        { """{"method": "qloguniform", "dimension": {"low": 1, "high": 5, "q": -1}}""", ".q", "-1" },
        { """{"method": "qloguniform", "dimension": {"low": 1, "high": 5, "q": 6}}""", ".q", "6" },
        { """{"method": "qnormal", "dimension": {"mu": 0, "sigma": 1, "q": 0}}""", ".q", "0" },
        { """{"method": "qlognormal", "dimension": {"mu": 0, "sigma": 1, "q": 0}}""", ".q", "0" },
        { """{"method": "normal", "dimension": {"mu": 0, "sigma": 0}}""", ".sigma", "0" },
        { """{"method": "qnormal", "dimension": {"mu": 0, "sigma": -1, "q": 1}}""", ".sigma", "-1" },
        { """{"method": "lognormal", "dimension": {"mu": 0, "sigma": 0}}""", ".sigma", "0" },
        { """{"method": "qlognormal", "dimension": {"mu": 0, "sigma": 0, "q": 1}}""", ".sigma", "0" },
        { """{"method": "loguniform", "dimension": {"low": 1, "high": 2, "base": 1}}""", ".base", "1" },
        { """{"method": "qloguniform", "dimension": {"low": 1, "high": 2, "q": 1, "base": 0.5}}""", ".base", "0.5" },
        { """{"method": "lognormal", "dimension": {"mu": 0, "sigma": 1, "base": 1.0}}""", ".base", "1.0" },
        { """{"method": "qlognormal", "dimension": {"mu": 0, "sigma": 1, "q": 1, "base": -10}}""", ".base", "-10" },
        { """{"method": "loguniform", "dimension": {"low": 1, "high": 2, "base": "e"}}""", ".base", "\"e\"" },

        // Categories.
        { """{"method": "categorical", "dimension": {}}""", ".categories", null },
        { """{"method": "categorical", "dimension": {"categories": []}}""", ".categories", "[]" },
        { """{"method": "categorical", "dimension": {"categories": "ab"}}""", ".categories", "\"ab\"" },
        { """{"method": "categorical", "dimension": {"categories": [1, 2, 1.0]}}""", ".categories[2]", "1.0" },
        { """{"method": "categorical", "dimension": {"categories": ["a", "a"]}}""", ".categories[1]", "\"a\"" },
        { """{"method": "categorical", "dimension": {"categories": [[1], [1.0]]}}""", ".categories[1]", "[1.0]" },
        { """{"method": "categorical", "dimension": {"categories": [1, 99999999999999999999]}}""", ".categories[1]", "99999999999999999999" },
        { """{"method": "categorical", "dimension": {"categories": [1], "grid_search": 2}}""", ".grid_search", "2" },
        { """{"method": "categorical", "dimension": {"categories": [1], "grid_search": true}}""", ".grid_search", "true" },

        // Conditions by themselves.
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": 3}""", ".condition", "3" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {}}""", ".condition", "{}" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": 3}}""", ".condition.y", "3" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": []}}""", ".condition.y", "[]" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": ["a", "a"]}}""", ".condition.y[1]", "\"a\"" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": [1e999]}}""", ".condition.y[0]", "1e999" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": ["a"], "y": ["b"]}}""", ".condition.y", "[\"b\"]" },

        // Conditions among parameters; y is categorical over a and b, r is real.
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"z": ["a"]}}""", ".condition.z", null },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"y": ["a", "c"]}}""", ".condition.y", "\"c\"" },
        { """{"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"r": [0.5]}}""", ".condition.r", null },
        { """{"method": "uniformint", "dimension": {"low": 0, "high": 1}, "condition": {"x": [1]}}""", ".condition", null },
    };

    [Theory]
    [MemberData(nameof(BrokenDefinitions))]
    public void Parse_tells_where_and_what_is_wrong(string definition, string path, string? value)
    {
        string json = $$$"""
            {
              "y": {"method": "categorical", "dimension": {"categories": ["a", "b"]}},
              "r": {"method": "uniform", "dimension": {"low": 0, "high": 1}},
              "x": {{{definition}}}
            }
            """;

        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearchSpace.Parse(json));

        Fault fault = Assert.Single(error.Faults);
        Assert.Equal($"search_space.x{path}", fault.Path);
        Assert.Equal(value, fault.Value);
        Assert.NotEmpty(fault.Rule);
    }

    [Fact]
    public void Parse_lists_all_faults_in_document_order()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearchSpace.Parse(
            """
            {
              "a": {"method": "loguniform", "dimension": {"low": -1, "high": -2, "base": 0}},
              "b": {"method": "qnormal", "dimension": {"mu": "x", "sigma": 0, "extra": 1}},
              "": {"method": "fixed", "dimension": {"value": 1}},
              "a": {"method": "fixed", "dimension": {"value": 1}},
              "c": {"method": "what", "dimension": {"value": 1}, "condition": {"d": [0], "nobody": [1]}},
              "d": {"method": "uniformint", "dimension": {"low": 1, "high": 2}, "condition": {"c": [1], "a": [1]}}
            }
            """,
            "root"));

        Assert.Equal(
            [
                "root.a.low", "root.a.low", "root.a.base",
                "root.b.extra", "root.b.mu", "root.b.q", "root.b.sigma",
                "root", "root.a", "root.c.method",
            ],
            error.Faults.Select(fault => fault.Path));
        Assert.Equal("-1", error.Faults[0].Value);
    }

    [Theory]
    [InlineData("{}", "search_space", "{}")]
    [InlineData("[]", "search_space", "[]")]
    [InlineData("null", "search_space", "null")]
    [InlineData("{", "search_space", null)]
    [InlineData("""{"\ud800": {"method": "fixed", "dimension": {"value": 1}}}""", "search_space", "\"\"")]
    [InlineData("""{" ": {"method": "fixed", "dimension": {"value": 1}}}""", "search_space", "\" \"")]
    public void Parse_refuses_what_is_no_space(string json, string path, string? value)
    {
        Fault fault = Assert.Throws<InvalidInputException>(() => SearchSpace.Parse(json)).Faults[0];

        Assert.Equal(path, fault.Path);
        Assert.Equal(value, fault.Value);
    }

    [Fact]
    public void Parse_names_the_whole_way_of_a_cycle()
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => SearchSpace.Parse(
            """
            {
              "a": {"method": "uniformint", "dimension": {"low": 0, "high": 1}, "condition": {"b": [1]}},
              "b": {"method": "uniformint", "dimension": {"low": 0, "high": 1}, "condition": {"c": [1]}},
              "c": {"method": "uniformint", "dimension": {"low": 0, "high": 1}, "condition": {"a": [1]}},
              "leaf": {"method": "uniformint", "dimension": {"low": 0, "high": 1}, "condition": {"a": [1]}}
            }
            """));

        Assert.Equal(["search_space.a.condition", "search_space.b.condition", "search_space.c.condition"], error.Faults.Select(fault => fault.Path));
        Assert.EndsWith("a → b → c → a", error.Faults[0].Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_method_lists_the_eleven()
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => SearchSpace.Parse("""{"x": {"method": "gamma", "dimension": {}}}""")).Faults);

        string[] methods = ["categorical", "uniform", "uniformint", "quniform", "loguniform", "qloguniform", "normal", "qnormal", "lognormal", "qlognormal", "fixed"];
        Assert.All(methods, method => Assert.Contains(method, fault.Rule, StringComparison.Ordinal));
    }

    [Fact]
    public void Deserializing_a_broken_space_throws_the_faults_too() =>
        Assert.Throws<InvalidInputException>(() => JsonSerializer.Deserialize<SearchSpace>("{}"));

    [Fact]
    public void Constructors_hold_the_same_rules()
    {
        (string Path, Action Construct)[] cases =
        [
            ("name", () => _ = new UniformParameter(" ", 0, 1)),
            ("x.low", () => _ = new UniformParameter("x", 1, 1)),
            ("x.high", () => _ = new UniformParameter("x", 0, double.PositiveInfinity)),
            ("x.low", () => _ = new UniformParameter("x", double.NaN, 1)),
            ("x.low", () => _ = new UniformIntParameter("x", 2, 1)),
            ("x.q", () => _ = new QUniformParameter("x", 0, 1, 0)),
            ("x.q", () => _ = new QUniformParameter("x", 0.1, 0.9, 1)),
            ("x.low", () => _ = new LogUniformParameter("x", 0, 1)),
            ("x.base", () => _ = new LogUniformParameter("x", 1, 2, 1)),
            ("x.q", () => _ = new QLogUniformParameter("x", 1, 2, 5)),
            ("x.sigma", () => _ = new NormalParameter("x", 0, 0)),
            ("x.q", () => _ = new QNormalParameter("x", 0, 1, -1)),
            ("x.mu", () => _ = new LogNormalParameter("x", double.NaN, 1)),
            ("x.q", () => _ = new QLogNormalParameter("x", 0, 1, 0)),
            ("x.categories", () => _ = new CategoricalParameter("x", [])),
            ("x.categories", () => _ = new CategoricalParameter("x", default)),
            ("x.categories[1]", () => _ = new CategoricalParameter("x", [ParameterValue.Of(1), ParameterValue.Of(1.0)])),
            ("name", () => _ = new FixedParameter("", ParameterValue.Null)),
            ("condition", () => _ = new Condition()),
            ("condition.y", () => _ = new Condition(new ConditionClause("y", []))),
            ("condition.y", () => _ = new Condition(new ConditionClause("y", [ParameterValue.Of(1)]), new ConditionClause("y", [ParameterValue.Of(2)]))),
            ("search_space", () => _ = new SearchSpace()),
            ("search_space.x", () => _ = new SearchSpace(new UniformParameter("x", 0, 1), new UniformParameter("x", 0, 1))),
            ("search_space.x.condition.y", () => _ = new SearchSpace(new UniformParameter("x", 0, 1, new(new ConditionClause("y", [ParameterValue.Of(1)]))))),
        ];

        Assert.All(cases, item => Assert.Equal(item.Path, Assert.Single(Assert.Throws<InvalidInputException>(item.Construct).Faults).Path));
    }

    [Fact]
    public void Integral_reals_are_integers_where_integers_are_wanted()
    {
        SearchSpace space = SearchSpace.Parse("""{"x": {"method": "uniformint", "dimension": {"low": 3.0, "high": 1e2}}}""");

        Assert.Equal(new SearchSpace(new UniformIntParameter("x", 3, 100)), space);
    }

    [Fact]
    public void True_and_1_and_their_text_are_different_categories()
    {
        SearchSpace space = SearchSpace.Parse("""{"x": {"method": "categorical", "dimension": {"categories": [1, true, "1", "true", null, "null", 0, false, [1], ["1"]]}}}""");

        Assert.Equal(10, space.Parameters[0].GridValues!.Count);
    }
}
