using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class ScheduledReportsTests
{
    [Fact]
    public void Reports_ofOneMetric_standInTheOrderOfTheTurns()
    {
        Play play = new(Given.Definition() with { Mode = OptimizationMode.Max });
        play.Advance();
        play.Advance(Given.Reported(2, Given.Loss(1, 5)), Given.Reported(1, Given.Loss(1, double.NaN), Given.Loss(4, 3)));
        ScheduledReports before = play.State.Reports;
        play.Advance(Given.Reported(1, Given.Loss(4, 9), Given.Report(5, ("other", 1))), Given.Completed(2, 7));

        Assert.Equal([new(2, 1, -5), new(1, 1, null), new(1, 4, -3)], before);
        Assert.Equal([.. before, new(1, 5, null) { Lacks = true }], play.State.Reports); // the others were reported before
        Assert.True(before.IsContinuedBy(play.State.Reports));
        Assert.False(play.State.Reports.IsContinuedBy(before));
    }

    [Fact]
    public void Reports_ofSeveralMetrics_haveAllOrNone()
    {
        Play play = new(Given.Definition() with { Objectives = [new("loss", OptimizationMode.Min), new("speed", OptimizationMode.Max)] });
        play.Advance();
        play.Advance(Given.Reported(1, Given.Report(1, ("speed", 2), ("loss", 1)), Given.Loss(2, 3), Given.Report(3, ("loss", 4), ("speed", double.NaN))));

        ImmutableArray<ScheduledReport> reports = [.. play.State.Reports];

        Assert.Equal([1, -2], reports[0].Objectives);
        Assert.Equal([new(1, 1, 1), new(1, 2, 3) { Lacks = true }, new(1, 3, 4)], reports.Select(report => report with { Objectives = default }));
        Assert.All(reports.Skip(1), report => Assert.True(report.Objectives.IsDefault));
    }

    [Fact]
    public void Add_toThoseOfAnExperiment_givesAnotherList()
    {
        Play play = new(Given.Definition());
        play.Advance();
        play.Advance(Given.Reported(1, Given.Loss(1, 5)));
        ScheduledReports start = play.State.Reports;

        ScheduledReports one = start.Add(new(2, 1, 6));
        ScheduledReports other = one.Add(new(2, 2, 7));

        Assert.Equal([new(1, 1, 5), new(2, 1, 6), new(2, 2, 7)], other);
        Assert.True(one.IsContinuedBy(other));
        Assert.False(start.IsContinuedBy(other)); // not known
    }
}
