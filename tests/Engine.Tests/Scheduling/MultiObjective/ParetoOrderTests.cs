using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Scheduling.MultiObjective;

namespace HpoServerless.Engine.Tests.Scheduling.MultiObjective;

public sealed class ParetoOrderTests
{
    [Fact]
    public void Places_count_fronts_first_and_then_room()
    {
        // Front 1: (0, 4), (1, 3), (2, 1), (4, 0), of which the ends have most room and (2, 1) has more than (1, 3); front 2: (4, 4).
        ImmutableArray<double>[] points = [[4, 4], [1, 3], [0, 4], [2, 1], [4, 0]];

        ParetoPlace[] places = ParetoOrder.Places(points);

        Assert.Equal([5, 4, 1, 3, 2], places.Select(place => place.Place));
        Assert.Equal(new int?[] { 1, 0, 0, 0, 0 }, places.Select(place => place.Front));
        Assert.Equal([2, 4, 3, 1, 0], ParetoOrder.BestFirst(points));
    }

    [Fact]
    public void Places_of_trials_without_values_are_the_last()
    {
        ParetoPlace[] places = ParetoOrder.Places([default, [9, 9], default, [1, 1]]);

        Assert.Equal([3, 2, 3, 1], places.Select(place => place.Place));
        Assert.Equal(new int?[] { null, 1, null, 0 }, places.Select(place => place.Front));
        Assert.Equal([3, 1, 0, 2], ParetoOrder.BestFirst([default, [9, 9], default, [1, 1]]));
    }

    [Fact]
    public void Places_of_equal_trials_are_in_their_order() =>
        Assert.Equal([1, 2, 3], ParetoOrder.Places([[1, 1], [1, 1], [1, 1]]).Select(place => place.Place));

    [Fact]
    public void Places_of_nothing_are_none() => Assert.Empty(ParetoOrder.Places([]));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Places_of_ten_thousand_are_each_taken_once_and_no_trial_stands_behind_one_it_dominates(int metrics)
    {
        SeededRandom random = SeededRandom.For(1, "pareto-order");
        ImmutableArray<double>[] points = [.. Enumerable.Range(0, 10_000).Select(_ => Enumerable.Range(0, metrics).Select(_ => random.NextUnit()).ToImmutableArray())];

        ParetoPlace[] places = ParetoOrder.Places(points);

        Assert.Equal(Enumerable.Range(1, points.Length), places.Select(place => place.Place).Order());
        for (int i = 0; i < points.Length; i += 97)
        {
            Assert.All(Enumerable.Range(0, points.Length).Where(j => points[i].Zip(points[j]).All(pair => pair.First < pair.Second)), j => Assert.True(places[i].Place < places[j].Place));
        }
    }
}
