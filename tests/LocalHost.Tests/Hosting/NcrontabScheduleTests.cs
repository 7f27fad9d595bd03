using System.Globalization;
using HpoServerless.LocalHost.Timers;

namespace HpoServerless.LocalHost.Tests.Hosting;

public sealed class NcrontabScheduleTests
{
    [Theory]
    [InlineData("0 */5 * * * *", "2026-01-02T03:04:05", "2026-01-02T03:05:00")]
    [InlineData("0 */5 * * * *", "2026-01-02T03:05:00", "2026-01-02T03:10:00")]
    [InlineData("0 */5 * * * *", "2026-12-31T23:58:00", "2027-01-01T00:00:00")]
    [InlineData("*/10 * * * * *", "2026-01-02T03:04:05", "2026-01-02T03:04:10")]
    [InlineData("30 15 6 * * *", "2026-01-02T06:15:30", "2026-01-03T06:15:30")]
    [InlineData("0 0 9-17/4 * * 1-5", "2026-01-02T17:30:00", "2026-01-05T09:00:00")]
    [InlineData("0 0 0 29 2 *", "2026-01-02T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("0 0 12 1,15 * *", "2026-01-02T00:00:00", "2026-01-15T12:00:00")]
    [InlineData("5/20 0 0 * * *", "2026-01-02T00:00:05", "2026-01-02T00:00:25")]
    public void Next_is_the_first_time_after(string expression, string after, string next) =>
        Assert.Equal(Utc(next), NcrontabSchedule.Parse(expression).Next(Utc(after)));

    [Fact]
    public void Next_of_a_day_that_never_comes_is_null() => Assert.Null(NcrontabSchedule.Parse("0 0 0 31 2 *").Next(Utc("2026-01-02T00:00:00")));

    [Theory]
    [InlineData("")]
    [InlineData("* * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("* * 24 * * *")]
    [InlineData("* * * 0 * *")]
    [InlineData("* * * * 13 *")]
    [InlineData("* * * * * 7")]
    [InlineData("5-1 * * * * *")]
    [InlineData("*/0 * * * * *")]
    [InlineData("a * * * * *")]
    [InlineData("1-2-3 * * * * *")]
    [InlineData("1, * * * * *")]
    public void What_is_no_schedule_is_refused(string expression) => Assert.Throws<FormatException>(() => NcrontabSchedule.Parse(expression));

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
