using FsCheck;
using FsCheck.Fluent;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Space;

public sealed class MultiplesTests
{
    [Theory]
    [InlineData(0.1, 3, 0.3)]
    [InlineData(0.1, 7, 0.7)]
    [InlineData(0.01, 57, 0.57)]
    [InlineData(1e-5, 3, 3e-5)]
    [InlineData(0.15, 3, 0.45)]
    [InlineData(2.5, -3, -7.5)]
    [InlineData(1e20, 3, 3e20)]
    [InlineData(1e-22, 3, 3e-22)]
    [InlineData(1e-30, 4, 4e-30)]
    [InlineData(0.1, 90071992547409, 9007199254740.9)]
    public void ValueOf_is_the_decimal_product(double q, long k, double expected) => Assert.Equal(expected, new Multiples(q).ValueOf(k));

    [Theory]
    [InlineData(0.1, 0.3, 0.9, 3, 9)] // 0.3 / 0.1 and 0.9 / 0.1 are not whole in doubles
    [InlineData(0.3, 2.1, 4.2, 7, 14)] // 2.1 / 0.3 is above 7
    [InlineData(0.1, 0.7000000000000001, 1.95, 8, 19)] // the quotient is 7
    [InlineData(0.1, 0.31, 0.89, 4, 8)]
    [InlineData(0.7, -2.1, 2.1, -3, 3)]
    [InlineData(1.0 / 3, 0, 1, 0, 3)]
    [InlineData(5e-324, 0, 1e-323, 0, 2)]
    [InlineData(1e300, -1e308, 1e308, -100000000, 100000000)]
    public void First_and_last_are_the_ends_inside(double q, double low, double high, long first, long last)
    {
        Multiples multiples = new(q, low, high);

        Assert.Equal((first, last), (multiples.First, multiples.Last));
        Assert.False(multiples.IsEmpty);
        Assert.False(multiples.IsTooFine);
    }

    [Fact]
    public void Too_fine_and_empty_are_told_apart()
    {
        Assert.True(new Multiples(1e-20, 0, 1).IsTooFine);
        Assert.True(new Multiples(5e-324, 0, 1e300).IsTooFine);
        Assert.True(new Multiples(1, 0.2, 0.8).IsEmpty);
        Assert.False(new Multiples(1, 0.2, 0.8).IsTooFine);
    }

    [Fact]
    public void Whatever_the_bounds_the_ends_are_inside_and_nothing_inside_is_left_out() =>
        Prop.ForAll<NormalFloat, NormalFloat, NormalFloat>((x, y, step) =>
        {
            (double low, double high, double q) = (Math.Min(x.Get, y.Get), Math.Max(x.Get, y.Get), Math.Abs(step.Get));
            Multiples multiples = q > 0 ? new(q, low, high) : new(1, low, high);
            return multiples.IsTooFine || multiples.IsEmpty
                || (multiples.ValueOf(multiples.First) >= low && multiples.ValueOf(multiples.First - 1) < low
                    && multiples.ValueOf(multiples.Last) <= high && multiples.ValueOf(multiples.Last + 1) > high);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Every_multiple_is_found_again() =>
        Prop.ForAll<int, PositiveInt>((k, denominator) =>
        {
            Multiples multiples = new(1.0 / denominator.Get);
            return multiples.TryFind(multiples.ValueOf(k), out long found) && found == k && multiples.TryFind(k / (double)denominator.Get, out found) && found == k;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
