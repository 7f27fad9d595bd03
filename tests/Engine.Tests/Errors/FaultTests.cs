using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Tests.Errors;

public sealed class FaultTests
{
    [Fact]
    public void A_value_of_several_lines_is_told_on_one() =>
        Assert.Equal("stop must be an object, was [ 1, 2 ]", new Fault("stop", "[\n  1,\r\n  2\n]", "must be an object").ToString());

    [Fact]
    public void A_long_value_is_cut_but_kept()
    {
        Fault fault = new("x", new string('7', 1000), "must be short");

        Assert.Equal($"x must be short, was {new string('7', 200)}...", fault.ToString());
        Assert.Equal(1000, fault.Value!.Length);
    }

    [Fact]
    public void A_missing_value_is_not_told() => Assert.Equal("x is missing", new Fault("x", null, "is missing").ToString());
}
