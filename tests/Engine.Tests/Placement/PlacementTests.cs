using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Placement;

/// <summary>Which site gets which segment, and what that costs.</summary>
public sealed class PlacementTests
{
    private static readonly ExperimentSite Small = new("small") { Slots = 2, CostPerHour = 1 };
    private static readonly ExperimentSite Large = new("large") { Slots = 4, CostPerHour = 3 };

    [Fact]
    public void Free_fills_the_sites_evenly()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Free, trials: 20, Small, Large));

        Assert.Equal(["small", "large", "large", "small", "large", "large"], state.Trials.Select(trial => trial.Site!));
    }

    [Fact]
    public void Cheapest_fills_the_cheap_site_first()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Cheapest, trials: 5, Large, Small));

        Assert.Equal(["small", "small", "large", "large", "large"], state.Trials.Select(trial => trial.Site!));
    }

    [Fact]
    public void Fastest_tries_all_sites_and_then_takes_the_one_where_steps_are_quick()
    {
        ExperimentState state = Initial(PlacementPolicy.Fastest, trials: 20, Small with { Slots = 1 }, Large with { Slots = 1 });
        state = Advance(state);
        state = Advance(state, Ended(state, 1, seconds: 100, steps: 10), Ended(state, 2, seconds: 10, steps: 10));

        Assert.Equal(["small", "large", "large", "small"], state.Trials.Select(trial => trial.Site!));
        Assert.Equal((0.1, 1.0), (state.Usage["small"].Speed, state.Usage["large"].Speed));
    }

    [Fact]
    public void What_the_site_says_limits_it_too()
    {
        ExperimentState state = AdvanceWith(Initial(PlacementPolicy.Free, trials: 20, Small, Large), new("large", 1), new("small", 0));

        Assert.Equal(["large"], state.Trials.Select(trial => trial.Site!));
        Assert.Equal(ExperimentStatus.Running, state.Summary.Status);
    }

    [Fact]
    public void A_trial_that_its_site_lost_goes_on_elsewhere_at_once_until_it_was_lost_too_often()
    {
        ExperimentState state = Initial(PlacementPolicy.Cheapest, trials: 1, Small, Large);
        state = state with { Definition = state.Definition with { Limits = new() { Retries = 2 } } };
        state = Advance(state);
        List<string> sites = [state.TrialAt(1).Site!];
        for (int loss = 0; loss < 2; loss++)
        {
            state = Advance(state, Ended(state, 1, seconds: 1, steps: 0, SegmentStatus.Lost));
            sites.Add(state.TrialAt(1).Site!);
            Assert.Equal((TrialStatus.Running, loss + 1, false), (state.TrialAt(1).Status, state.TrialAt(1).Segment, state.TrialAt(1).IsLost));
        }

        state = Advance(state, Ended(state, 1, seconds: 1, steps: 0, SegmentStatus.Lost));

        Assert.Equal(["small", "large", "small"], sites);
        Assert.Equal((TrialStatus.Failed, 2), (state.TrialAt(1).Status, state.TrialAt(1).LostAt.Length));
        Assert.Equal(2, state.TrialAt(1).Notes.Count(note => note.Action == DecisionAction.Resume));
    }

    [Fact]
    public void A_loss_is_held_against_the_site_that_was_chosen_whatever_the_outcome_calls_it()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Cheapest, trials: 1, Small, Large));
        SegmentEnded lost = Ended(state, 1, seconds: 0, steps: 0, SegmentStatus.Lost);

        state = Advance(state, lost with { Outcome = lost.Outcome with { Site = "none" } });

        Assert.Equal(["small"], state.TrialAt(1).LostAt);
        Assert.Equal("large", state.TrialAt(1).Site);
    }

    [Fact]
    public void Cost_is_what_the_segments_took_at_the_price_of_their_sites()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Free, trials: 2, Small, Large));

        state = Advance(state, Ended(state, 1, seconds: 3600, steps: 1), Ended(state, 2, seconds: 1800, steps: 1));

        Assert.Equal(1 + 1.5, state.Summary.Cost, 9);
    }

    [Fact]
    public void Cost_counts_starts_that_were_lost_up_to_their_last_sign_of_life()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Free, trials: 2, Small, Large));
        SegmentEnded lost = Ended(state, 1, seconds: 0, steps: 0, SegmentStatus.Lost);
        SegmentEnded again = Ended(state, 2, seconds: 1800, steps: 0);
        TrialReported Reports(int number, params double[] hours) => new(
            $"r{number}", number, 0, [.. hours.Select((hour, i) => Given.Loss(i + 1, 1) with { At = Given.Start.AddHours(hour) })]);

        state = Advance(
            state,
            Began(state, 1),
            Reports(1, 1, 2),
            lost with { Outcome = lost.Outcome with { StartedAt = Given.Start.AddHours(9), EndedAt = Given.Start.AddHours(9) } }, // a host that knows nothing
            Reports(2, 1, 2, 9.25),
            again with { Outcome = again.Outcome with { StartedAt = Given.Start.AddHours(9), EndedAt = Given.Start.AddHours(9.5), Attempts = 2 } });

        Assert.Equal((2 * 1) + (1.5 * 3), state.Summary.Cost, 9);
    }

    [Fact]
    public void Cost_limit_counts_what_runs_and_says_when_it_will_be_reached()
    {
        ExperimentState state = Initial(PlacementPolicy.Free, trials: 20, Small, Large);
        state = state with { Definition = state.Definition with { Stopping = new() { MaxCost = 7 } } };
        ExperimentState given = Advance(state);
        AdvanceResult started = ExperimentEngine.Advance(given, [.. given.Running.Select(number => Began(given, number))], Given.Start);
        DateTimeOffset reached = Given.Start + TimeSpan.FromHours(0.5); // 2 at 1 and 4 at 3 an hour

        AdvanceResult before = ExperimentEngine.Advance(started.State, [], reached - TimeSpan.FromSeconds(1));
        AdvanceResult after = ExperimentEngine.Advance(started.State, [], reached);

        Assert.Equal(reached, started.WakeAt);
        Assert.Null(before.Turn);
        Assert.Equal(ExperimentStatus.Succeeded, after.State.EndsAs);
        Assert.Contains(after.Turn!.Decisions, decision => decision.Action == DecisionAction.End && decision.Reason.Contains("cost limit of 7", StringComparison.Ordinal));
        Assert.Equal(6, after.Turn.Decisions.Count(decision => decision.Action == DecisionAction.Stop));
    }

    [Fact]
    public void Segment_that_waits_for_its_site_costs_nothing()
    {
        ExperimentState state = Initial(PlacementPolicy.Free, trials: 2, Small);
        state = Advance(state with { Definition = state.Definition with { Stopping = new() { MaxCost = 1 } } });

        AdvanceResult waiting = ExperimentEngine.Advance(state, [], Given.Start + TimeSpan.FromDays(10));
        AdvanceResult begun = ExperimentEngine.Advance(state, [Began(state, 1)], Given.Start + TimeSpan.FromDays(10));

        Assert.Null(waiting.Turn);
        Assert.Null(waiting.WakeAt);
        Assert.Equal(ExperimentStatus.Succeeded, begun.State.EndsAs);
    }

    [Fact]
    public void A_trial_that_was_told_to_end_and_was_lost_has_ended_as_told()
    {
        ExperimentState state = Advance(Initial(PlacementPolicy.Free, trials: 1, Small, Large));
        state = Advance(state, Given.Command(ExperimentCommand.Stop));

        state = Advance(state, Ended(state, 1, seconds: 1, steps: 1, SegmentStatus.Lost));

        Assert.Equal((TrialStatus.Stopped, ExperimentStatus.Stopped), (state.TrialAt(1).Status, state.Summary.Status));
    }

    private static ExperimentState Initial(PlacementPolicy policy, int trials, params ImmutableArray<ExperimentSite> sites) =>
        ExperimentState.Initial(Given.Definition(trials, concurrent: 10) with { Site = sites[0].Name, Sites = sites, Placement = policy }, Given.Start);

    private static ExperimentState Advance(ExperimentState state, params ImmutableArray<ExperimentEvent> events) => ExperimentEngine.Advance(state, events, Given.Start).State;

    private static ExperimentState AdvanceWith(ExperimentState state, params ImmutableArray<SiteSlots> slots) => ExperimentEngine.Advance(state, [], Given.Start, slots: slots).State;

    private static SegmentBegan Began(ExperimentState state, int number)
    {
        SegmentId segment = new("e", number, state.TrialAt(number).Segment);
        return new(segment.BeginEventId(0), number, segment.Segment, Given.Start);
    }

    private static SegmentEnded Ended(ExperimentState state, int number, double seconds, long steps, SegmentStatus status = SegmentStatus.Completed)
    {
        Trial trial = state.TrialAt(number);
        SegmentId segment = new("e", number, trial.Segment);
        return new(segment.EndEventId, number, trial.Segment, new()
        {
            Status = status,
            Reports = [.. Enumerable.Range(1, (int)steps).Select(step => Given.Loss(step, 1))],
            Site = trial.Site!,
            StartedAt = Given.Start,
            EndedAt = Given.Start.AddSeconds(seconds),
        });
    }
}
