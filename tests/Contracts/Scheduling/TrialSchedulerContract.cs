using System.Text;
using System.Text.Json;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling;

namespace HpoServerless.Contracts.Scheduling;

/// <summary>What every trial scheduler must do; the items are those of <see cref="ITrialScheduler"/>. One subclass an algorithm.</summary>
/// <remarks>Experiments are played with a few slots and trials of different speed, so that reports interleave.</remarks>
public abstract class TrialSchedulerContract
{
    private const int Slots = 4;
    private const int Trials = 30;
    private const long LastStep = 30;

    /// <summary>A new scheduler with default options.</summary>
    protected abstract ITrialScheduler Create();

    [Fact]
    public void Item_1_the_same_context_gives_an_equal_step()
    {
        Play played = new(Create(), seed: 1);

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
        Play played = new(Create(), seed: 2);
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
        Play played = new(Create(), seed: 3);
        Play elsewhere = new(Create(), seed: 3, everyCallElsewhere: Create);

        Assert.Equal(played.Log, elsewhere.Log);
        Assert.All(played.Calls, call => Assert.True(Encoding.UTF8.GetByteCount(call.Step.State ?? string.Empty) <= 64 * 1024));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Item_3_every_trial_that_asks_is_answered_once_with_a_reason(ulong seed)
    {
        Play played = new(Create(), seed);

        Assert.All(played.Calls, call =>
        {
            Decision[] answers = [.. call.Step.Decisions.Where(decision => decision.Action != DecisionAction.Resume)];
            Assert.Equal(call.Context.Awaiting.Select(awaiting => awaiting.Trial).Order(), answers.Select(decision => decision.Trial).Order());
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
        Play played = new(Create(), seed);

        Assert.All(played.Calls, call =>
        {
            int resumed = call.Step.Decisions.Count(decision => decision.Action == DecisionAction.Resume);
            Assert.InRange(resumed + call.Step.Starts.Length, 0, call.Context.FreeSlots);
            Assert.InRange(call.Step.Starts.Length, 0, call.Context.CreatableTrials);
            Assert.All(call.Step.Starts, until => Assert.True(until is null or > 0));
        });
        Assert.True(played.IsFinished, "every slot idles although trials could be created or resumed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Missing_and_equal_values_do_no_harm(bool missing)
    {
        Play played = new(Create(), seed: 8, valueOf: (trial, _) => missing && trial % 3 == 0 ? null : 0);

        Assert.True(played.IsFinished);
    }

    private static void AssertEqual(SchedulerStep expected, SchedulerStep actual)
    {
        Assert.Equal(expected.Decisions.AsEnumerable(), actual.Decisions);
        Assert.Equal(expected.Starts.AsEnumerable(), actual.Starts);
        Assert.Equal(expected.State, actual.State);
    }

    /// <summary>An experiment from its first trial to its end.</summary>
    private sealed class Play
    {
        private readonly Dictionary<int, (long Step, long? Until)> _running = [];
        private readonly Dictionary<int, long> _paused = [];
        private AppendOnlyList<ScheduledReport> _reports = [];
        private int _created;

        public Play(ITrialScheduler scheduler, ulong seed, Func<int, long, double?>? valueOf = null, Func<ITrialScheduler>? everyCallElsewhere = null)
        {
            valueOf ??= static (trial, step) => ((trial * 7919) % 101) + (50.0 / step);
            string? state = null;
            HashSet<int> awaiting = [];
            for (int tick = 0; tick < 4000 && !IsFinished; tick++)
            {
                SchedulerContext context = Context(seed, state, awaiting);
                SchedulerStep step = (everyCallElsewhere?.Invoke() ?? scheduler).Decide(context);
                Calls.Add((context, step));
                state = everyCallElsewhere is null ? step.State : JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(step.State));
                Apply(step, awaiting);
                Advance(tick, valueOf, awaiting);
            }
        }

        public List<(SchedulerContext Context, SchedulerStep Step)> Calls { get; } = [];

        public List<string> Log { get; } = [];

        public bool IsFinished => _created == Trials && _running.Count == 0 && _paused.Count == 0;

        private SchedulerContext Context(ulong seed, string? state, HashSet<int> awaiting) => new()
        {
            Seed = seed,
            Reports = _reports,
            Awaiting = [.. awaiting.Order().Select(trial => new AwaitingTrial(trial, _running[trial].Step, _reports.Last(report => report.Trial == trial).Value))],
            Running = [.. _running.Keys],
            Paused = [.. _paused.Keys],
            FreeSlots = Slots - _running.Count,
            CreatableTrials = Trials - _created,
            NextTrial = _created + 1,
            State = state,
        };

        private void Apply(SchedulerStep step, HashSet<int> awaiting)
        {
            foreach (Decision decision in step.Decisions)
            {
                Log.Add($"{decision.Trial} {decision.Action} {decision.Until}");
                awaiting.Remove(decision.Trial);
                switch (decision.Action)
                {
                    case DecisionAction.Continue:
                        _running[decision.Trial] = (_running[decision.Trial].Step, decision.Until);
                        break;
                    case DecisionAction.Pause:
                        _paused[decision.Trial] = _running[decision.Trial].Step;
                        _running.Remove(decision.Trial);
                        break;
                    case DecisionAction.Resume:
                        _running[decision.Trial] = (_paused[decision.Trial], decision.Until);
                        _paused.Remove(decision.Trial);
                        break;
                    default:
                        _running.Remove(decision.Trial);
                        _paused.Remove(decision.Trial);
                        break;
                }
            }

            foreach (long? until in step.Starts)
            {
                _created++;
                Log.Add($"{_created} Start {until}");
                _running[_created] = (0, until);
            }
        }

        /// <summary>Every running trial that does not wait goes on by a step, the slow ones not always.</summary>
        private void Advance(int tick, Func<int, long, double?> valueOf, HashSet<int> awaiting)
        {
            foreach (int trial in _running.Keys.Where(trial => !awaiting.Contains(trial) && (tick + trial) % ((trial % 3) + 1) == 0).ToArray())
            {
                (long step, long? until) = _running[trial];
                step++;
                _reports = _reports.Add(new(trial, step, valueOf(trial, step)));
                _running[trial] = (step, until);
                if (step >= LastStep)
                {
                    _running.Remove(trial);
                }
                else if (step >= until)
                {
                    awaiting.Add(trial);
                }
            }
        }
    }
}
