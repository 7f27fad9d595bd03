using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Tests.Experiments;

public sealed class MetricsTests
{
    [Fact]
    public void Json_valuesThatAreNotFinite_roundTrip()
    {
        Metrics metrics = new(new KeyValuePair<string, double>("a", double.NaN), new("b", double.NegativeInfinity), new("c", 0.1));

        string json = JsonSerializer.Serialize(metrics, EngineJson.Options);

        Assert.Equal("""{"a":"nan","b":"-inf","c":0.1}""", json);
        Assert.Equal(metrics, JsonSerializer.Deserialize<Metrics>(json, EngineJson.Options));
    }

    [Theory]
    [InlineData("""{"a":"NaN"}""", double.NaN)]
    [InlineData("""{"a":"Infinity"}""", double.PositiveInfinity)]
    [InlineData("""{"a":true}""", 1)]
    [InlineData("""{"a":1,"a":2}""", 2)]
    public void Json_otherSpellings_areRead(string json, double value) =>
        Assert.Equal(value, JsonSerializer.Deserialize<Metrics>(json, EngineJson.Options)!["a"]);

    [Theory]
    [InlineData("""{"a":"much"}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":[1]}""")]
    [InlineData("""[1]""")]
    public void Json_notNumbers_isRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Metrics>(json, EngineJson.Options));

    [Fact]
    public void Indexer_unknownName_isNull() => Assert.Null(new Metrics()["loss"]);
}
