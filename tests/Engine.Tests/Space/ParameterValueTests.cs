using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class ParameterValueTests
{
    public static TheoryData<string, ParameterValueKind, string> Documents => new()
    {
        { "null", ParameterValueKind.Null, "null" },
        { "true", ParameterValueKind.Boolean, "true" },
        { "false", ParameterValueKind.Boolean, "false" },
        { "5", ParameterValueKind.Integer, "5" },
        { "-9223372036854775808", ParameterValueKind.Integer, "-9223372036854775808" },
        { "9223372036854775807", ParameterValueKind.Integer, "9223372036854775807" },
        { "5.0", ParameterValueKind.Real, "5.0" },
        { "0.1", ParameterValueKind.Real, "0.1" },
        { "-0.0", ParameterValueKind.Real, "-0.0" },
        { "1E-05", ParameterValueKind.Real, "1E-05" },
        { "1E+20", ParameterValueKind.Real, "1E+20" },
        { "5E-324", ParameterValueKind.Real, "5E-324" },
        { "\"\"", ParameterValueKind.Text, "" },
        { "\"5\"", ParameterValueKind.Text, "5" },
        { "[1,2.0,[\"a\",null]]", ParameterValueKind.Json, "[1,2.0,[\"a\",null]]" },
        { "{\"a\":1}", ParameterValueKind.Json, "{\"a\":1}" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Json_comes_back_as_it_was_written(string json, ParameterValueKind kind, string text)
    {
        ParameterValue value = JsonSerializer.Deserialize<ParameterValue>(json);

        Assert.Equal(kind, value.Kind);
        Assert.Equal(text, value.ToString());
        Assert.Equal(json, value.ToJson());
        Assert.Equal(value, JsonSerializer.Deserialize<ParameterValue>(value.ToJson()));
        Assert.Equal(value.GetHashCode(), JsonSerializer.Deserialize<ParameterValue>(value.ToJson()).GetHashCode());
        Assert.True(value.SameAs(JsonSerializer.Deserialize<ParameterValue>(json)));
    }

    [Theory]
    [InlineData("1e3", "1000.0")]
    [InlineData("1.50", "1.5")]
    [InlineData("-0", "0")]
    [InlineData("[ 1 , { \"a\" : 2 } ]", "[1,{\"a\":2}]")]
    public void Json_is_written_in_one_way(string json, string written) =>
        Assert.Equal(written, JsonSerializer.Deserialize<ParameterValue>(json).ToJson());

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e999")]
    [InlineData("\"\\ud800\"")]
    [InlineData("[\"\\ud800\"]")]
    public void Json_that_cannot_be_kept_is_refused(string json)
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ParameterValue>(json));
        Assert.False(ParameterValue.TryParse(JsonDocument.Parse(json).RootElement, out _));
    }

    [Fact]
    public void Undefined_is_no_value() => Assert.False(ParameterValue.TryParse(default, out _));

    [Fact]
    public void Every_finite_double_survives_JSON() =>
        Prop.ForAll<double>(number => !double.IsFinite(number) || RoundTrips(number)).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_pattern_of_bits_survives_JSON() =>
        Prop.ForAll<ulong>(bits => !double.IsFinite(BitConverter.UInt64BitsToDouble(bits)) || RoundTrips(BitConverter.UInt64BitsToDouble(bits)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Every_integer_survives_JSON() =>
        Prop.ForAll<long>(number => JsonSerializer.Deserialize<ParameterValue>(ParameterValue.Of(number).ToJson()) == ParameterValue.Of(number)).QuickCheckThrowOnFailure();

    [Fact]
    public void Factories_refuse_what_JSON_cannot_say()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ParameterValue.Of(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ParameterValue.Of(double.NegativeInfinity));
        Assert.Throws<ArgumentException>(() => ParameterValue.Of("a\uD800"));
        Assert.Throws<ArgumentException>(() => ParameterValue.Of("\uDC00\uD800"));
        Assert.Throws<ArgumentNullException>(() => ParameterValue.Of(null!));
        Assert.Equal("a😀b", ParameterValue.Of("a😀b").ToString());
    }

    [Fact]
    public void Equality_tells_kinds_apart_and_SameAs_only_meanings()
    {
        Assert.NotEqual(ParameterValue.Of(1), ParameterValue.Of(1.0));
        Assert.True(ParameterValue.Of(1) != ParameterValue.Of(1.0));
        Assert.True(ParameterValue.Of(1).SameAs(ParameterValue.Of(1.0)));
        Assert.False(ParameterValue.Of(1).SameAs(ParameterValue.Of(true)));
        Assert.False(ParameterValue.Of(1).SameAs(ParameterValue.Of("1")));
        Assert.False(ParameterValue.Of(0).SameAs(ParameterValue.Null));
        Assert.False(ParameterValue.Of(false).SameAs(ParameterValue.Null));
        Assert.False(ParameterValue.Of(1.5).SameAs(ParameterValue.Of(1)));
        Assert.True(ParameterValue.Of(1.5).SameAs(ParameterValue.Of(1.5)));
        Assert.False(ParameterValue.Of(long.MaxValue).SameAs(ParameterValue.Of(9223372036854775808.0)));
        Assert.True(Parse("""{"a": 1, "b": [2.0]}""").SameAs(Parse("""{"b": [2], "a": 1.0}""")));
        Assert.False(Parse("[1, 2]").SameAs(Parse("[2, 1]")));
        Assert.Equal(ParameterValue.Of(0.0), ParameterValue.Of(-0.0));
        Assert.Equal(ParameterValue.Of(0.0).GetHashCode(), ParameterValue.Of(-0.0).GetHashCode());
        Assert.True(ParameterValue.Of("a") == ParameterValue.Of(new string('a', 1)));
        Assert.Equal(default, ParameterValue.Null);
        Assert.False(ParameterValue.Null.Equals((object?)null));
    }

    [Fact]
    public void Numbers_are_read_as_what_they_are()
    {
        Assert.Equal(2.5, ParameterValue.Of(2.5).AsDouble());
        Assert.Equal(3, ParameterValue.Of(3).AsDouble());
        Assert.False(ParameterValue.Of(true).TryGetNumber(out _));
        Assert.False(ParameterValue.Of("3").TryGetNumber(out _));
        Assert.Throws<InvalidOperationException>(() => ParameterValue.Of("3").AsDouble());
        Assert.True(ParameterValue.Of(3.0).TryGetInteger(out long three));
        Assert.Equal(3, three);
        Assert.False(ParameterValue.Of(3.5).TryGetInteger(out _));
        Assert.False(ParameterValue.Of(1e19).TryGetInteger(out _));
        Assert.False(ParameterValue.Of("3").TryGetInteger(out _));
        Assert.True(ParameterValue.Of("x").TryGetText(out string? text));
        Assert.Equal("x", text);
        Assert.False(ParameterValue.Of(1).TryGetText(out _));
    }

    [Fact]
    public void A_value_is_16_bytes() => Assert.Equal(16, System.Runtime.CompilerServices.Unsafe.SizeOf<ParameterValue>());

    private static bool RoundTrips(double number)
    {
        ParameterValue back = JsonSerializer.Deserialize<ParameterValue>(ParameterValue.Of(number).ToJson());
        return back.Kind == ParameterValueKind.Real && BitConverter.DoubleToInt64Bits(back.AsDouble()) == BitConverter.DoubleToInt64Bits(number)
            && back.ToString() == back.ToJson();
    }

    private static ParameterValue Parse(string json) => JsonSerializer.Deserialize<ParameterValue>(json);
}
