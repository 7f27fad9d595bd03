using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Stopping;

public sealed class StopperTests
{
    private static Play Started(StoppingRules rules, OptimizationMode mode = OptimizationMode.Min)
    {
        Play play = new(Given.Definition(trials: 100, concurrent: 1) with { Stopping = rules, Mode = mode });
        play.Advance();
        return play;
    }

    [Theory]
    [InlineData(OptimizationMode.Min, 0.5, 0.6, 0.5)]
    [InlineData(OptimizationMode.Max, 0.5, 0.4, 0.5)]
    public void Target_reached_endsAsSucceeded(OptimizationMode mode, double target, double near, double there)
    {
        Play play = Started(new() { Target = target }, mode);

        play.Advance(Given.Completed(1, near));
        Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);

        play.Advance(Given.Completed(2, there));
        Assert.Equal(ExperimentStatus.Succeeded, play.State.Summary.Status);
        Assert.Equal(2, play.State.Trials.Count);
    }

    [Fact]
    public void Plateau_noImprovementBeyondTheMargin_ends()
    {
        Play play = Started(new() { Plateau = new(Trials: 3, MinDelta: 0.1) });
        double[] losses = [1, 0.95, 0.5, 0.45, 0.48, 0.41];
        for (int i = 0; i < losses.Length; i++)
        {
            Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);
            play.Advance(Given.Completed(i + 1, losses[i]));
        }

        Assert.Equal(ExperimentStatus.Succeeded, play.State.Summary.Status);
        Assert.Equal(0.41, play.State.Summary.Best!.Value);
    }

    [Fact]
    public void Failures_tooManyAfterTheMinimum_endAsFailed()
    {
        Play play = Started(new() { Failures = new(Rate: 0.5, MinTrials: 4) });
        play.Advance(Given.Ended(1, SegmentStatus.Failed));
        play.Advance(Given.Ended(2, SegmentStatus.Failed));
        play.Advance(Given.Completed(3, 1));
        Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);

        play.Advance(Given.Ended(4, SegmentStatus.Failed));

        Assert.Equal(ExperimentStatus.Failed, play.State.Summary.Status);
    }

    [Fact]
    public void Failures_pausedTrials_countAsNotFailed()
    {
        Play play = Started(new() { Failures = new(Rate: 0.5, MinTrials: 4) });
        play.Advance(Given.Ended(1, SegmentStatus.Paused, Given.Loss(1, 1)), Given.Ended(2, SegmentStatus.Paused, Given.Loss(1, 1)));
        play.Advance(Given.Ended(3, SegmentStatus.Failed), Given.Ended(4, SegmentStatus.Failed));

        Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);
    }

    [Fact]
    public void Failures_byDefault_endABrokenScriptAfterTenTrials()
    {
        Play play = Started(new());
        for (int trial = 1; trial <= 10; trial++)
        {
            Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);
            play.Advance(Given.Ended(trial, SegmentStatus.Failed));
        }

        Assert.Equal(ExperimentStatus.Failed, play.State.Summary.Status);
    }

    [Fact]
    public void Time_usedUp_stopsRunningTrialsAndEnds()
    {
        Play play = Started(new() { Time = TimeSpan.FromMinutes(1) });
        play.Now += TimeSpan.FromSeconds(59);
        AdvanceResult early = play.Advance(Given.Completed(1, 1));
        Assert.Equal(Given.Start + TimeSpan.FromMinutes(1), early.WakeAt);

        play.Now += TimeSpan.FromSeconds(1);
        play.Advance();
        Assert.Equal(ExperimentStatus.Stopping, play.State.Summary.Status);

        play.Advance(Given.Ended(2, SegmentStatus.Stopped));
        Assert.Equal(ExperimentStatus.Succeeded, play.State.Summary.Status);
    }

    [Fact]
    public void Time_usedUpWithoutAnyResult_fails()
    {
        Play play = Started(new() { Time = TimeSpan.FromMinutes(1), Failures = null });
        play.Now += TimeSpan.FromMinutes(2);
        play.Advance();

        play.Advance(Given.Ended(1, SegmentStatus.Failed));

        Assert.Equal(ExperimentStatus.Failed, play.State.Summary.Status);
    }

    [Fact]
    public void Time_whileTheHostWasDown_doesNotCount()
    {
        Play play = Started(new() { Time = TimeSpan.FromMinutes(1) });
        play.Now += TimeSpan.FromHours(5);

        AdvanceResult result = play.Advance(Given.Command(ExperimentCommand.HostRestarted));

        Assert.Equal(ExperimentStatus.Running, play.State.Summary.Status);
        Assert.Equal(Given.Start + TimeSpan.FromHours(5) + TimeSpan.FromMinutes(1), result.WakeAt);
    }

    [Fact]
    public void Time_whileTheHostDiedTwiceBetweenTurns_isCountedOnce()
    {
        Play play = Started(new() { Time = TimeSpan.FromMinutes(1) });
        play.Now += TimeSpan.FromHours(5);

        AdvanceResult result = play.Advance(
            Given.Command(ExperimentCommand.HostRestarted) with { Id = "c-1" }, Given.Command(ExperimentCommand.HostRestarted) with { Id = "c-2" });

        Assert.Equal(Given.Start + TimeSpan.FromHours(5) + TimeSpan.FromMinutes(1), result.WakeAt);
    }
}
