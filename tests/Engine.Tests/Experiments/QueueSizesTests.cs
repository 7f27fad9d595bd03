using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Tests.Experiments;

/// <summary>Running trials follow the workers.</summary>
public sealed class QueueSizesTests
{
    [Theory]
    [InlineData(-1, 0, 3, null, 10, 7)] // no limit but the experiment's own
    [InlineData(-1, 0, 0, 4, 10, 4)]
    [InlineData(-1, 0, 3, 4, 10, 1)]
    [InlineData(-1, 0, 4, 4, 10, 0)]
    [InlineData(-1, 0, 6, 4, 10, 0)] // two workers were lost
    [InlineData(-1, 0, 0, 0, 10, 0)]
    [InlineData(0, 2, 4, 4, 10, 2)] // two wait at the workers
    [InlineData(0, 2, 5, 4, 10, 0)] // refilled only when no more than 4 run
    [InlineData(-3, 0, 2, 4, 10, 0)]
    [InlineData(-3, 0, 1, 4, 10, 3)]
    [InlineData(-5, -4, 0, 4, 10, 0)]
    [InlineData(-1, 0, 0, 400, 10, 10)] // the experiment's own limit holds
    [InlineData(-1, 0, 9, 400, 10, 1)]
    public void Free_is_what_is_missing_to_the_upper_size_once_the_lower_one_is_reached(int min, int max, int running, int? workers, int most, int free) =>
        Assert.Equal(free, new QueueSizes(min, max).Free(running, workers, most));

    [Fact]
    public void Experiment_without_workers_waits_for_them()
    {
        ExperimentState state = ExperimentState.Initial(Given.Definition(trials: 2, concurrent: 2), Given.Start);

        ExperimentState waiting = ExperimentEngine.Advance(state, [], Given.Start, slots: [new("local", 0)]).State;
        ExperimentState started = ExperimentEngine.Advance(waiting, [], Given.Start, slots: [new("local", 1)]).State;
        ExperimentState left = ExperimentEngine.Advance(started, [Given.Completed(1, 1)], Given.Start, slots: [new("local", 0)]).State;
        ExperimentState ended = ExperimentEngine.Advance(ExperimentEngine.Advance(left, [], Given.Start, slots: [new("local", 1)]).State, [Given.Completed(2, 1)], Given.Start, slots: [new("local", 0)]).State;

        Assert.Equal([(ExperimentStatus.Running, 0), (ExperimentStatus.Running, 1), (ExperimentStatus.Running, 1), (ExperimentStatus.Succeeded, 2)],
            new[] { waiting, started, left, ended }.Select(s => (s.Summary.Status, s.Trials.Count)));
    }

    [Fact]
    public void Experiment_follows_the_number_of_workers_and_its_log_says_so()
    {
        ExperimentDefinition definition = Given.Definition(trials: 20, concurrent: 10);
        ExperimentState state = ExperimentState.Initial(definition, Given.Start);
        List<Turn> turns = [];
        List<int> running = [];
        foreach (int? workers in new int?[] { 2, 2, 5, 1, null })
        {
            AdvanceResult result = ExperimentEngine.Advance(state, [], Given.Start, slots: workers is { } count ? [new("local", count)] : []);
            state = result.State;
            running.Add(state.Running.Count);
            if (result.Turn is { } turn)
            {
                turns.Add(turn);
            }
        }

        Assert.Equal([2, 2, 5, 5, 10], running);
        Assert.Equal(["2", "5", "1", ""], turns.Select(turn => string.Join(" ", turn.Slots!.Value.Select(site => site.Slots))));
        Assert.Equal(state.Slots, turns.Aggregate(ExperimentState.Initial(definition, Given.Start), (before, turn) => before.Apply(turn)).Slots);
    }
}
