using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Search.Modelling;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search.Modelling;

public sealed class SuggestionBatchTests
{
    private static readonly SearchSpace Space = SearchSpace.Parse("""{"a": {"method": "uniformint", "dimension": {"low": 0, "high": 4}}}""");

    private static SearchContext Context(AppendOnlyList<Observation> observations, params int[] running) => new()
    {
        Space = Space,
        Seed = 1,
        NextTrial = observations.Count + running.Length + 1,
        Observations = observations,
        Pending = [.. running.Select((value, i) => new PendingTrial(observations.Count + 1 + i, Of(value)))],
    };

    private static Configuration Of(int value) => Configuration.Of(("a", ParameterValue.Of(value)));

    [Fact]
    public void What_was_tried_runs_or_is_suggested_is_not_taken_again()
    {
        SearchContext context = Context([new(1, Of(0), 1), new(2, Of(1), null)], 2);
        SuggestionBatch batch = new(context, new HistoryMemo().Read(context));

        Assert.False(batch.TryAdd([0.1], "tried"));
        Assert.False(batch.TryAdd([0.3], "tried, and failed"));
        Assert.False(batch.TryAdd([0.5], "running"));
        Assert.True(batch.TryAdd([0.7], "new"));
        Assert.False(batch.TryAdd([0.7], "suggested"));
        Assert.Equal(5, batch.NextTrial);
        Assert.Equal([0.5, 0.7], batch.Running.Select(unit => unit[0]));
        Assert.Equal([Of(3)], batch.ToStep().Suggestions);
    }

    [Fact]
    public void TryAddRandom_finds_the_last_one_and_then_says_that_there_is_none()
    {
        SearchContext context = Context([new(1, Of(0), 1), new(2, Of(1), null)], 2, 4);
        SuggestionBatch batch = new(context, new HistoryMemo().Read(context));

        Assert.True(batch.TryAddRandom(SeededRandom.For(1, "test"), "last"));
        Assert.False(batch.TryAddRandom(SeededRandom.For(1, "test"), "none"));

        SearchStep step = batch.ToStep("state");
        Assert.Equal(new SearchStep([Of(3)], "state", SearchStatus.Exhausted) { Reasons = ["last"] }, step);
    }

    [Fact]
    public void A_history_is_extended_and_sorted_by_trial()
    {
        HistoryMemo memo = new();
        AppendOnlyList<Observation> two = [new(3, Of(0), 1), new(1, Of(1), null)];
        SearchHistory history = memo.Read(Context(two));
        SearchHistory extended = memo.Read(Context(two.Add(new(2, Of(2), 5))));

        Assert.Same(history, extended);
        Assert.Equal([1, 2, 3], extended.ByTrial.Select(point => point.Trial));
        Assert.Equal([3, 1, 2], extended.Arrived.Select(point => point.Trial));
        Assert.NotSame(history, memo.Read(Context([new(1, Of(3), 0)])));
    }

    [Fact]
    public void An_observation_outside_the_space_is_left_out()
    {
        SearchContext context = Context([new(-1, Configuration.Of(("b", ParameterValue.Of(1))), 1), new(0, Of(9), 1), new(1, Of(2), 1)]);

        Assert.Equal([1], new HistoryMemo().Read(context).ByTrial.Select(point => point.Trial));
    }
}
