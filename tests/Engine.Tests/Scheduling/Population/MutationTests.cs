using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling.Population;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Population;

public sealed class MutationTests
{
    private static Parameter Parameter(string method, string dimension) =>
        SearchSpace.Parse($$"""{"p": {"method": "{{method}}", "dimension": {{dimension}} } }""").Parameters[0];

    private static ParameterValue Value(string json) => ParameterValue.TryParse(Given.Json(json), out ParameterValue value) ? value : throw new ArgumentException("no value", nameof(json));

    private static string[] Perturbed(Mutation mutation, string value, params double[] factors) =>
    [
        .. Enumerable.Range(0, 40).Select(number => mutation.Perturb(Value(value), [.. factors], SeededRandom.For(1, "mutation", number)).ToJson()).Distinct().Order(),
    ];

    [Theory]
    [InlineData("uniform", """{"low": 0, "high": 10}""", "5.0", 1.2, "6.0")]
    [InlineData("uniform", """{"low": 0, "high": 10}""", "9.0", 1.2, "10.0")]
    [InlineData("uniform", """{"low": -10, "high": 10}""", "-9.0", 1.2, "-10.0")]
    [InlineData("loguniform", """{"low": 0.001, "high": 0.1}""", "0.001", 0.8, "0.001")]
    [InlineData("loguniform", """{"low": 0.001, "high": 0.1}""", "0.01", 0.5, "0.005")]
    [InlineData("normal", """{"mu": 0, "sigma": 1}""", "50.0", 2, "100.0")]
    [InlineData("lognormal", """{"mu": 0, "sigma": 1}""", "2.0", 0.5, "1.0")]
    [InlineData("quniform", """{"low": 0, "high": 1, "q": 0.1}""", "0.5", 1.2, "0.6")]
    [InlineData("quniform", """{"low": 0, "high": 1, "q": 0.1}""", "0.2", 1.2, "0.3")] // 0.24 is 0.2 on the grid: one step on
    [InlineData("quniform", """{"low": 0, "high": 1, "q": 0.1}""", "0.1", 0.8, "0.0")]
    [InlineData("quniform", """{"low": 0, "high": 1, "q": 0.1}""", "1.0", 1.2, "1.0")]
    [InlineData("qloguniform", """{"low": 1, "high": 100, "q": 5}""", "20.0", 1.2, "25.0")]
    [InlineData("qnormal", """{"mu": 0, "sigma": 9, "q": 2}""", "0.0", 1.2, "2.0")]
    [InlineData("qlognormal", """{"mu": 0, "sigma": 1, "q": 1}""", "0.0", 0.8, "0.0")]
    [InlineData("uniformint", """{"low": 1, "high": 100}""", "10", 1.2, "12")]
    [InlineData("uniformint", """{"low": 1, "high": 100}""", "2", 1.2, "3")] // 2.4 is 2: at least one on
    [InlineData("uniformint", """{"low": 1, "high": 100}""", "2", 0.8, "1")]
    [InlineData("uniformint", """{"low": 1, "high": 100}""", "1", 0.8, "1")]
    [InlineData("uniformint", """{"low": -5, "high": 5}""", "0", 0.8, "-1")]
    [InlineData("uniformint", """{"low": -5, "high": 5}""", "-2", 1.2, "-3")]
    [InlineData("uniformint", """{"low": 1, "high": 9223372036854775807}""", "9223372036854775806", 1.2, "9223372036854775807")]
    public void Numbers_are_multiplied_and_stay_values_of_the_parameter(string method, string dimension, string value, double factor, string expected)
    {
        Parameter parameter = Parameter(method, dimension);

        string perturbed = Assert.Single(Perturbed(new(parameter), value, factor));

        Assert.Equal(expected, perturbed);
        Assert.True(parameter.Contains(Value(perturbed)));
    }

    [Fact]
    public void Each_factor_is_taken() =>
        Assert.Equal(["4.0", "6.0"], Perturbed(new(Parameter("uniform", """{"low": 0, "high": 10}""")), "5.0", 1.2, 0.8));

    [Theory]
    [InlineData("[16, 32, 64]", "32", new[] { "16", "64" })]
    [InlineData("[16, 32, 64]", "16", new[] { "32" })]
    [InlineData("[64, 32, 16]", "16", new[] { "32" })]
    [InlineData("[16, 64, 32]", "64", new[] { "64" })] // no order
    [InlineData("""["a", "b", "c"]""", "\"b\"", new[] { "\"b\"" })]
    [InlineData("[true, false]", "true", new[] { "true" })]
    public void Categories_with_an_order_move_to_a_neighbour_and_others_stay(string categories, string value, string[] expected) =>
        Assert.Equal(expected, Perturbed(new(Parameter("categorical", $$"""{"categories": {{categories}} }""")), value, 1.2, 0.8));

    [Fact]
    public void Lists_have_the_order_that_they_are_written_in()
    {
        Mutation mutation = new(Parameter("categorical", """{"categories": ["a", "b", "c"]}"""), [Value("\"c\""), Value("\"a\""), Value("\"b\"")]);

        Assert.Equal(["\"b\"", "\"c\""], Perturbed(mutation, "\"a\"", 1.2));
    }

    [Fact]
    public void A_value_outside_its_list_becomes_any_of_it()
    {
        Mutation mutation = new(Parameter("uniform", """{"low": 0, "high": 10}"""), [Value("1"), Value("2"), Value("5")]);

        Assert.Equal(["1", "2", "5"], Perturbed(mutation, "3.5", 1.2));
    }

    [Fact]
    public void Draws_of_another_distribution_are_values_of_the_parameter()
    {
        Parameter parameter = Parameter("uniformint", """{"low": 1, "high": 4}""");
        Mutation mutation = new(parameter, distribution: Parameter("uniform", """{"low": 2, "high": 9}"""));

        ImmutableArray<ParameterValue> drawn = [.. Enumerable.Range(0, 100).Select(number => mutation.Draw(SeededRandom.For(2, "draw", number)))];

        Assert.All(drawn, value => Assert.True(parameter.Contains(value)));
        Assert.Equal([2, 3, 4], drawn.Select(value => value.AsDouble()).Distinct().Order());
    }
}
