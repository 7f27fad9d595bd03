using System.Text.Json;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class ConfigurationTests
{
    private static readonly Configuration Sample = Configuration.Of(("lr", ParameterValue.Of(1.0)), ("layers", ParameterValue.Of(3)), ("kind", ParameterValue.Of("a")));

    [Fact]
    public void Json_is_a_plain_object_in_order()
    {
        Assert.Equal("""{"lr":1.0,"layers":3,"kind":"a"}""", Sample.ToJson());
        Assert.Equal("{}", Configuration.Empty.ToJson());
        Assert.Equal(Sample, JsonSerializer.Deserialize<Configuration>(Sample.ToJson()));
        Assert.Equal(Sample.ToJson(), JsonSerializer.Deserialize<Configuration>(Sample.ToJson())!.ToJson());
        Assert.Equal("[null]", JsonSerializer.Serialize(new Configuration?[] { null }));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("""{"a": 1, "a": 2}""")]
    [InlineData("""{"a": 1e999}""")]
    [InlineData("""{"a": 9223372036854775808}""")]
    [InlineData("""{"a": "\ud800"}""")]
    [InlineData("""{"a": 1""")]
    public void Json_that_is_no_configuration_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Configuration>(json));

    [Fact]
    public void Json_with_other_names_than_the_one_read_before_is_read_right()
    {
        string[] documents = [Sample.ToJson(), Sample.ToJson(), """{"lr":1.0}""", """{"lr":1.0,"layers":3,"kind":"a","more":null}""", """{"lr":1.0,"kind":[1.0]}""", "{}"];

        Assert.Equal(documents, documents.Select(json => JsonSerializer.Deserialize<Configuration>(json)!.ToJson()));
        JsonSerializer.Deserialize<Configuration>(Sample.ToJson());
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Configuration>("""{"lr":1.0,"lr":1.0}"""));
    }

    [Fact]
    public void Equality_is_by_content_in_any_order()
    {
        Configuration turned = Configuration.Of(("kind", ParameterValue.Of("a")), ("lr", ParameterValue.Of(1.0)), ("layers", ParameterValue.Of(3)));

        Assert.Equal(Sample, turned);
        Assert.Equal(Sample.GetHashCode(), turned.GetHashCode());
        Assert.NotEqual(Sample, Configuration.Of(("lr", ParameterValue.Of(1.0)), ("layers", ParameterValue.Of(3))));
        Assert.NotEqual(Sample, Configuration.Of(("lr", ParameterValue.Of(1.0)), ("layers", ParameterValue.Of(3)), ("kind", ParameterValue.Of("b"))));
        Assert.NotEqual(Sample, Configuration.Of(("lr", ParameterValue.Of(1.0)), ("layers", ParameterValue.Of(3)), ("other", ParameterValue.Of("a"))));
        Assert.False(Sample.Equals((object?)null));
        Assert.True(Sample.Equals((object)turned));
    }

    [Fact]
    public void Inactive_parameters_are_not_there()
    {
        SearchSpace space = SearchSpace.Parse(
            """
            {
              "a": {"method": "categorical", "dimension": {"categories": ["x", "y"]}},
              "b": {"method": "uniform", "dimension": {"low": 0, "high": 1}, "condition": {"a": ["y"]}}
            }
            """);
        Configuration inactive = space.Decode([0, 0.5]);

        Assert.Equal(Configuration.Of(("a", ParameterValue.Of("x"))), inactive);
        Assert.Equal(inactive, Configuration.Of(("a", ParameterValue.Of("x"))));
        Assert.Equal(inactive.GetHashCode(), Configuration.Of(("a", ParameterValue.Of("x"))).GetHashCode());
        Assert.Equal("""{"a":"x"}""", inactive.ToJson());
        Assert.Equal("a=x", inactive.ToString());
        Assert.Single(inactive);
        Assert.Single(inactive.Names);
        Assert.False(inactive.TryGetValue("b", out ParameterValue absent));
        Assert.Equal(ParameterValue.Null, absent);
        Assert.Throws<KeyNotFoundException>(() => inactive["b"]);
        Assert.Equal(space.Decode([0, 0.1]), space.Decode([0.4, 0.9]));
    }

    [Fact]
    public void Values_are_found_by_name_in_small_and_large_configurations()
    {
        Configuration large = new(Enumerable.Range(0, 40).Select(i => KeyValuePair.Create($"p{i}", ParameterValue.Of(i))));

        Assert.Equal(40, large.Count);
        Assert.Equal(17, large["p17"].AsDouble());
        Assert.False(large.TryGetValue("p40", out _));
        Assert.Equal(3, Sample["layers"].AsDouble());
        Assert.False(Sample.TryGetValue("Layers", out _));
        Assert.Equal("lr=1.0, layers=3, kind=a", Sample.ToString());
        Assert.Empty(Configuration.Empty);
        Assert.Equal(3, ((System.Collections.IEnumerable)Sample).Cast<object>().Count());
    }

    [Fact]
    public void A_name_twice_is_refused() =>
        Assert.Throws<ArgumentException>(() => Configuration.Of(("a", ParameterValue.Of(1)), ("a", ParameterValue.Of(1))));
}
