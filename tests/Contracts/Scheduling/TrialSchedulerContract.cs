using System.Text;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling;

namespace HpoServerless.Contracts.Scheduling;

/// <summary>What every trial scheduler must do; the items are those of <see cref="ITrialScheduler"/>. One subclass an algorithm.</summary>
/// <remarks>Experiments are played with a few slots and trials of different speed, so that reports interleave.</remarks>
public abstract class TrialSchedulerContract
{
    /// <summary>A new scheduler with default options.</summary>
    protected abstract ITrialScheduler Create();

    [Fact]
    public void Item_1_the_same_context_gives_an_equal_step()
    {
        SchedulerPlay played = new(Create(), seed: 1);

        Assert.All(played.Calls, call =>
        {
            ITrialScheduler scheduler = Create();
            AssertEqual(call.Step, scheduler.Decide(call.Context));
            AssertEqual(call.Step, scheduler.Decide(call.Context));
        });
    }

    [Fact]
    public void Item_1_an_earlier_call_does_not_change_a_later_one()
    {
        SchedulerPlay played = new(Create(), seed: 2);
        ITrialScheduler busy = Create();
        foreach ((SchedulerContext context, _) in played.Calls)
        {
            busy.Decide(context);
        }

        AssertEqual(played.Calls[0].Step, busy.Decide(played.Calls[0].Context));
    }

    [Fact]
    public void Item_2_the_state_survives_JSON_and_stays_within_64_KiB()
    {
        SchedulerPlay played = new(Create(), seed: 3);
        SchedulerPlay elsewhere = new(Create(), seed: 3, everyCallElsewhere: Create);

        Assert.Equal(played.Log, elsewhere.Log);
        Assert.All(played.Calls, call => Assert.True(Encoding.UTF8.GetByteCount(call.Step.State ?? string.Empty) <= 64 * 1024));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Item_3_every_trial_that_asks_is_answered_once_with_a_reason(ulong seed)
    {
        SchedulerPlay played = new(Create(), seed);

        Assert.All(played.Calls, call =>
        {
            HashSet<int> asked = [.. call.Context.Awaiting.Select(awaiting => awaiting.Trial)];
            Decision[] answers = [.. call.Step.Decisions.Where(decision => asked.Contains(decision.Trial))];
            Assert.Equal(asked.Order(), answers.Select(decision => decision.Trial).Order());
            Assert.All(call.Step.Decisions, decision => Assert.False(string.IsNullOrWhiteSpace(decision.Reason)));
            Assert.All(answers.Where(decision => decision.Action == DecisionAction.Continue), decision =>
                Assert.True(decision.Until is not { } until || until > call.Context.Awaiting.Single(awaiting => awaiting.Trial == decision.Trial).Step, "asks again where it stands"));
        });
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Item_4_no_more_is_started_than_there_is_room_for_and_slots_do_not_idle_for_ever(ulong seed)
    {
        SchedulerPlay played = new(Create(), seed);

        Assert.All(played.Calls, call =>
        {
            int resumed = call.Step.Decisions.Count(decision => decision.Action == DecisionAction.Resume);
            Assert.InRange(resumed + call.Step.Starts.Length, 0, call.Context.FreeSlots);
            Assert.InRange(call.Step.Starts.Length, 0, call.Context.CreatableTrials);
            Assert.InRange(call.Step.Starts.Length + call.Step.Decisions.Count(decision => !call.Context.Awaiting.Any(awaiting => awaiting.Trial == decision.Trial)), 0, call.Context.ChangeableTrials);
            Assert.All(call.Step.Starts, start => Assert.True(start.Until is null or > 0));
        });
        Assert.True(played.IsFinished, "every slot idles although trials could be created or resumed");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void Item_6_only_trials_that_ask_or_wait_are_paused_or_exploited(ulong seed)
    {
        SchedulerPlay played = new(Create(), seed);

        Assert.All(played.Calls, call => Assert.All(call.Step.Decisions, decision =>
        {
            bool asks = call.Context.Awaiting.Any(awaiting => awaiting.Trial == decision.Trial);
            Assert.True(decision.Action switch
            {
                DecisionAction.Pause or DecisionAction.Continue => asks,
                DecisionAction.Exploit => (asks || call.Context.Paused.Contains(decision.Trial)) && call.Context.Trials.CheckpointOf(decision.From!.Value) is not null,
                DecisionAction.Resume => call.Context.Paused.Contains(decision.Trial),
                DecisionAction.Stop or DecisionAction.Complete => call.Context.Running.Contains(decision.Trial) || call.Context.Paused.Contains(decision.Trial),
                _ => false,
            }, $"{decision.Action} of trial {decision.Trial}");
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Missing_and_equal_values_do_no_harm(bool missing)
    {
        SchedulerPlay played = new(Create(), seed: 10) { ValueOf = (trial, _) => missing && trial % 3 == 0 ? null : 0 };

        Assert.True(played.IsFinished);
    }

    [Fact]
    public void No_value_at_all_does_no_harm() =>
        Assert.True(new SchedulerPlay(Create(), seed: 11) { ValueOf = static (_, _) => null }.IsFinished);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Failing_trials_hold_nobody_up(int every)
    {
        SchedulerPlay played = new(Create(), seed: 12) { Fails = (trial, step) => trial % every == 0 && step >= 1 + (trial % 5) };

        Assert.True(played.IsFinished);
    }

    [Fact]
    public void All_trials_failing_hold_nobody_up() =>
        Assert.True(new SchedulerPlay(Create(), seed: 13) { Fails = static (_, _) => true }.IsFinished);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    [InlineData(30, 1)]
    [InlineData(30, 30)]
    [InlineData(100, 7)]
    public void Any_number_of_trials_and_slots_comes_to_an_end(int trials, int slots) =>
        Assert.True(new SchedulerPlay(Create(), seed: 14) { TrialsInAll = trials, Slots = slots }.IsFinished);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Few_changes_in_one_call_only_take_more_calls(int changeable)
    {
        SchedulerPlay played = new(Create(), seed: 15) { Changeable = changeable };

        Assert.True(played.IsFinished);
        Assert.All(played.Calls, call => Assert.InRange(
            call.Step.Starts.Length + call.Step.Decisions.Count(decision => !call.Context.Awaiting.Any(awaiting => awaiting.Trial == decision.Trial)), 0, call.Context.ChangeableTrials));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    public void Whatever_happens_it_comes_to_an_end(ulong seed)
    {
        SchedulerPlay played = new(Create(), seed)
        {
            TrialsInAll = 40,
            Slots = 1 + (int)(seed % 6),
            LastStep = seed % 2 == 0 ? 30 : 5,
            ValueOf = (trial, step) => Draw(seed, trial, step) < 0.1 ? null : Draw(seed + 1, trial, step),
            Fails = (trial, step) => Draw(seed + 2, trial, step) < 0.05,
        };

        Assert.True(played.IsFinished);
    }

    private static double Draw(ulong seed, int trial, long step) => SeededRandom.For(seed, FormattableString.Invariant($"contract-{step}"), trial).NextUnit();

    private static void AssertEqual(SchedulerStep expected, SchedulerStep actual)
    {
        Assert.Equal(expected.Decisions.AsEnumerable(), actual.Decisions);
        Assert.Equal(expected.Starts.AsEnumerable(), actual.Starts);
        Assert.Equal(expected.State, actual.State);
    }
}
