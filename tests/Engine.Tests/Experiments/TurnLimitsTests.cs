using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>No turn changes more than one transaction can hold, however much there is to do at once.</summary>
public sealed class TurnLimitsTests
{
    private const int Trials = 250;

    [Fact]
    public void Start_of_many_trials_at_once_takes_several_turns()
    {
        Play play = Begun("none");

        Assert.Equal(new TrialCounts(Running: Trials), play.State.Summary.Trials);
        Assert.True(play.Turns.Count > 2);
    }

    [Theory]
    [InlineData(SegmentStatus.Completed)]
    [InlineData(SegmentStatus.Failed)]
    [InlineData(SegmentStatus.Stopped)]
    [InlineData(SegmentStatus.Paused)]
    public void End_of_all_trials_at_once_is_taken_in_bit_by_bit(SegmentStatus status)
    {
        Play play = Begun("asynchyperband");

        Drain(play, [.. Enumerable.Range(1, Trials).Select(t => Given.Ended(t, status, Given.Loss(1, t)))]);

        Assert.True(play.State.Summary.IsFinal);
        Assert.Equal(Trials, play.State.Summary.Trials.Total);
        Assert.Equal(0, play.State.Summary.Trials.Running + play.State.Summary.Trials.Paused);
    }

    [Fact]
    public void Stop_of_many_running_trials_reaches_every_one()
    {
        Play play = Begun("none");

        Drain(play, [Given.Command(ExperimentCommand.Stop)]);

        Assert.All(Enumerable.Range(1, Trials), t => Assert.Equal(DecisionAction.Stop, play.State.TrialAt(t).Requested));
    }

    [Fact]
    public void Questions_of_many_trials_at_once_are_all_answered()
    {
        Play play = Begun("asynchyperband");

        Drain(play, [.. Enumerable.Range(1, Trials).Select(t => Given.Reported(t, Given.Loss(1, t)))]);

        Assert.All(Enumerable.Range(1, Trials), t => Assert.False(play.State.TrialAt(t).IsAwaiting));
    }

    private static Play Begun(string scheduler)
    {
        Play play = new(Given.Definition(Trials, Trials) with { Scheduler = new(scheduler) });
        Drain(play, []);
        return play;
    }

    /// <summary>Advances as the host does, until nothing is left to do.</summary>
    private static void Drain(Play play, ImmutableArray<ExperimentEvent> inbox)
    {
        ImmutableArray<ExperimentEvent> waiting = [.. inbox.OrderBy(e => e.Id, StringComparer.Ordinal)];
        for (int turn = 0; turn < 100; turn++)
        {
            AdvanceResult result = play.Advance(waiting);
            if (result.Turn is null)
            {
                Assert.Empty(waiting);
                return;
            }

            Assert.InRange(result.Turn.Events.Length + result.ChangedTrials.Length, 0, TurnLimits.Default.Operations);
            waiting = [.. waiting.Except(result.Turn.Events)];
        }

        Assert.Fail("it never comes to rest");
    }
}
