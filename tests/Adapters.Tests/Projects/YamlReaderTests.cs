using System.Text.Json;
using HpoServerless.Adapters.Projects;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Tests.Projects;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("True", "true")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("12", "12")]
    [InlineData("+12", "12")]
    [InlineData("-0", "0")]
    [InlineData("012", "12")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("1e-5", "0.00001")]
    [InlineData("1.0e-05", "0.00001")]
    [InlineData(".5", "0.5")]
    [InlineData("-3.", "-3.0")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!float 12", "12")]
    [InlineData("2024-01-01", "\"2024-01-01\"")]
    public void Parse_types_scalars_as_the_core_schema(string yaml, string json)
    {
        JsonElement value = YamlReader.Parse($"v: {yaml}\n", "f").GetProperty("v");

        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(json).RootElement, value), value.GetRawText());
    }

    [Fact]
    public void Parse_follows_aliases()
    {
        JsonElement json = YamlReader.Parse("a: &x {low: 0}\nb: *x\n", "f");

        Assert.Equal(0, json.GetProperty("b").GetProperty("low").GetInt32());
    }

    [Theory]
    [InlineData("a: !!python/object:os.system {}")]
    [InlineData("a: !secret x")]
    [InlineData("a: .inf")]
    [InlineData("a: .nan")]
    [InlineData("a: !!int x")]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: [1, 2")]
    [InlineData("{1: {[a]: b}}")]
    [InlineData("a: 1\n---\nb: 2")]
    [InlineData("")]
    public void Parse_refuses_what_is_not_plain_data(string yaml)
    {
        InvalidInputException error = Assert.Throws<InvalidInputException>(() => YamlReader.Parse(yaml, "f.yaml"));

        Assert.Equal("f.yaml", Assert.Single(error.Faults).Path);
    }

    [Fact]
    public void Parse_refuses_aliases_that_blow_up()
    {
        string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 8).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Throws<InvalidInputException>(() => YamlReader.Parse(yaml, "f"));
    }

    [Theory]
    [InlineData("""{"a": {"b": [1, 2.5, null, true, "x"], "c": {}}, "d": []}""")]
    [InlineData("""{"a": "12", "b": "true", "c": "", "d": "~", "e": "1e5", "f": "yes", "g": " x: y # z", "h": "two\nlines\ttab", "i": "0x10", "j": "- x", "k": "é😀"}""")]
    [InlineData("""{"a": 1E-05, "b": 1e300, "c": -0.1, "d": 123456789012345678}""")]
    public void From_writes_what_reads_back_the_same(string json)
    {
        JsonElement document = JsonDocument.Parse(json).RootElement;

        string yaml = YamlText.From(document);

        Assert.True(JsonElement.DeepEquals(document, YamlReader.Parse(yaml, "f")), yaml);
    }
}
