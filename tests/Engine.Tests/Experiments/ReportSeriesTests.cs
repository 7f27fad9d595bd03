using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Tests.Experiments;

public sealed class ReportSeriesTests
{
    /// <summary>Reports that programs send: what is added as a table, and what does not fit into one.</summary>
    private static readonly Dictionary<string, Report[]> Examples = new()
    {
        ["one by one"] = [.. Enumerable.Range(1, 40).Select(step => Given.Loss(step, 1.0 / step))],
        ["every tenth step"] = [.. Enumerable.Range(1, 40).Select(i => Given.Loss(i * 10, -i))],
        ["rungs"] = [.. Enumerable.Range(0, 40).Select(i => Given.Loss(1L << i, i))],
        ["one step is missing"] = [.. Enumerable.Range(1, 40).Where(step => step != 30).Select(step => Given.Loss(step, step))],
        ["the largest steps"] = [Given.Loss(1, 1), Given.Loss(long.MaxValue - 1, 2), Given.Loss(long.MaxValue, 3)],
        ["times"] = [.. Enumerable.Range(1, 40).Select(step => Given.Loss(step, step) with { At = Given.Start.AddTicks(step * step * 12_345_679L) })],
        ["not finite"] = [.. Enumerable.Range(1, 40).Select(step => Given.Loss(step, (step % 4) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, _ => -0.0 }))],
        ["several metrics"] = [.. Enumerable.Range(1, 40).Select(step => Given.Report(step, ("loss", step), ("accuracy", -step), ("rate", 0.1)))],
        ["a metric now and then"] = [.. Enumerable.Range(1, 40).Select(step => step % 5 == 0 ? Given.Report(step, ("loss", step), ("validation", double.NaN)) : Given.Loss(step, step))],
        ["one between others"] = [Given.Report(1, ("a", 1), ("c", 2)), Given.Report(2, ("a", 1), ("b", 3), ("c", 2)), Given.Report(3, ("c", 5))],
        ["no metric"] = [Given.Report(1), Given.Loss(2, 1), Given.Report(3)],
        ["another order"] = [Given.Report(1, ("a", 1), ("b", 2)), Given.Report(2, ("b", 3), ("a", 4)), Given.Report(3, ("a", 5), ("b", 6))],
        ["other names each time"] = [.. Enumerable.Range(1, 100).Select(step => Given.Report(step, ($"m{step}", step)))],
        ["many once, then one"] = [Given.Report(1, [.. Enumerable.Range(0, 50).Select(i => ($"m{i}", (double)i))]), .. Enumerable.Range(2, 40).Select(step => Given.Report(step, ("m7", step)))],
        ["the last with an offset from UTC"] = [.. Enumerable.Range(1, 10).Select(step => Given.Loss(step, step) with { At = step < 10 ? Given.Start : Given.Start.ToOffset(TimeSpan.FromMinutes(90)) })],
    };

    public static TheoryData<string> Kinds => [.. Examples.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Add_keepsEveryVersion_andWhatEachWasContinuedWith(string kind)
    {
        Report[] reports = Examples[kind];
        List<(ReportSeries Series, Report[] Expected)> versions = [([], [])];
        foreach (Report report in reports)
        {
            Report fork = Given.Report(report.Step + 7, ("loss", 8), ($"fork{report.Step % 3}", 9));
            (ReportSeries last, Report[] had) = versions[^1];
            versions.Add((last.Add(fork), [.. had, fork]));
            versions.Add((last.Add(report), [.. had, report]));
        }

        Assert.All(versions, version => AssertSame(version.Expected, version.Series));
        AssertSame(reports, [.. reports]);
        AssertSame(reports, versions[2].Series.AddRange(reports.AsSpan(1)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Json_isThatOfAnArrayOfReports(string kind)
    {
        Report[] reports = Examples[kind];
        string json = JsonSerializer.Serialize<ReportSeries>([.. reports], EngineJson.Options);

        Assert.Equal(JsonSerializer.Serialize(reports.ToImmutableArray(), EngineJson.Options), json);
        AssertSame(JsonSerializer.Deserialize<Report[]>(json, EngineJson.Options)!, JsonSerializer.Deserialize<ReportSeries>(json, EngineJson.Options)!);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Slice_andAddRange_giveTheirParts(string kind)
    {
        Report[] reports = Examples[kind];
        ReportSeries all = [.. reports];

        for (int cut = 0; cut <= reports.Length; cut++)
        {
            AssertSame(reports[..cut], all[..cut]);
            AssertSame(reports[cut..], all[cut..]);
            AssertSame(reports, all[..cut].AddRange(all[cut..]));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void IsContinuedBy_seriesThatBeginWithIt_andNoOthers(string kind)
    {
        Report[] reports = Examples[kind];
        ReportSeries all = [.. reports];

        for (int count = 0; count < reports.Length; count++)
        {
            ReportSeries part = [.. reports[..count]];
            Report other = reports[count] with { Step = reports[count].Step - 1 };
            Assert.True(part.IsContinuedBy(all));
            Assert.True(part.IsContinuedBy(part.Add(other)));
            Assert.False(all.IsContinuedBy(part));
            Assert.False(part.Add(other).IsContinuedBy(all));
        }
    }

    [Theory]
    [InlineData(2, "loss")]
    [InlineData(2, "loss", "loss")]
    [InlineData(3, "loss", "validation loss")]
    [InlineData(4, "loss speed validation", "speed", "loss validation")]
    public void Trimmed_takesEightBytesATimeAndAMetric(int cells, params string[] names)
    {
        ReportSeries series = [];
        for (int step = 0; step < 1000; step++)
        {
            series = series.Add(Given.Report(step * 5, [.. names[step % names.Length].Split(' ').Order().Select(name => (name, (double)step))]));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        ReportSeries trimmed = series.Trimmed();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(bytes, 8 * 1000 * cells, (8 * 1000 * cells) + 200);
        Assert.Same(trimmed, trimmed.Trimmed());
        Assert.Equal(series, trimmed);
    }

    [Theory]
    [InlineData(SegmentStatus.Completed)]
    [InlineData(SegmentStatus.Paused)]
    public void Trial_thatEndsOrPauses_hasNoRoomForMore(SegmentStatus status)
    {
        Play play = new(Given.Definition());
        play.Advance();
        Enumerable.Range(1, 12).ToList().ForEach(step => play.Advance(Given.Reported(1, Given.Loss(step, step))));
        ReportSeries running = play.State.TrialAt(1).Reports;
        play.Advance(Given.Ended(1, status));

        ReportSeries ended = play.State.TrialAt(1).Reports;

        Assert.NotSame(running, running.Trimmed());
        Assert.Same(ended, ended.Trimmed());
        Assert.Equal(12, ended.Length);
    }

    [Fact]
    public void IsContinuedBy_valuesThatAreEqualButWrittenOtherwise_isFalse()
    {
        ReportSeries zero = [Given.Loss(1, 0)];
        ReportSeries negative = [Given.Loss(1, -0.0)];
        ReportSeries elsewhere = [Given.Loss(1, 0) with { At = Given.Start.ToOffset(TimeSpan.FromHours(1)) }];

        Assert.False(zero.IsContinuedBy(negative));
        Assert.False(zero.IsContinuedBy(elsewhere));
        Assert.False(elsewhere.IsContinuedBy(zero));
    }

    [Fact]
    public void Add_fromManyThreads_givesEachItsOwn()
    {
        ReportSeries start = [Given.Loss(1, 0), Given.Loss(2, 0)];
        ReportSeries roomy = start.Add(Given.Loss(3, 0)).Slice(0, 2);

        ReportSeries[] grown = [.. Enumerable.Range(0, 64).AsParallel().AsOrdered().Select(i => roomy.Add(Given.Loss(3, i)).Add(Given.Loss(4, i)))];

        Assert.All(grown, (series, i) => AssertSame([Given.Loss(1, 0), Given.Loss(2, 0), Given.Loss(3, i), Given.Loss(4, i)], series));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("{}")]
    public void Json_notReports_isRefused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ReportSeries>(json, EngineJson.Options));

    [Fact]
    public void Indexer_outside_throws()
    {
        ReportSeries series = [Given.Loss(1, 1), Given.Loss(2, 2), Given.Loss(3, 3)];

        Assert.Throws<ArgumentOutOfRangeException>(() => series[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => series[..2][2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => series.Slice(2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => series.Slice(-1, 2));
    }

    /// <summary>As reports, and as what is asked of one of them alone.</summary>
    private static void AssertSame(Report[] expected, ReportSeries actual)
    {
        Assert.Equal(JsonSerializer.Serialize(expected, EngineJson.Options), JsonSerializer.Serialize(actual.ToArray(), EngineJson.Options));
        Assert.Equal(expected, actual);
        Assert.Equal(expected.Select(report => report.Step), Enumerable.Range(0, actual.Length).Select(actual.StepAt));
        Assert.Equal(expected.Select(report => report.At), Enumerable.Range(0, actual.Length).Select(actual.TimeAt));
        foreach (string name in expected.SelectMany(report => report.Metrics).Select(metric => metric.Key).Append("none").Distinct().Take(5))
        {
            Assert.Equal(expected.Select(report => report.Metrics[name]), Enumerable.Range(0, actual.Length).Select(i => actual.ValueAt(i, name)));
        }
    }
}
