using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Tests.Executors.Machine;

public sealed class MachineSharesTests
{
    [Fact]
    public void Each_card_serves_as_many_jobs_as_it_may_and_the_freest_comes_first()
    {
        MachineShares shares = new(Cards("0", "1") with { JobsPerCard = 2 });
        MachineShare[] taken = [.. Enumerable.Range(0, 4).Select(_ => shares.Take(new(), null)!)];
        Assert.Equal(["0", "1", "0", "1"], taken.Select(share => Assert.Single(share.Cards)));
        Assert.Null(shares.Take(new(), null));
        shares.GiveBack(taken[1]);
        Assert.Equal(["1"], shares.Take(new(), null)!.Cards);
        Assert.Equal(4, shares.Capacity(new()));
    }

    [Fact]
    public void Cards_may_serve_different_numbers_of_jobs()
    {
        MachineShares shares = new(Cards("0", "1") with { JobsOfCards = [1, 2] });
        Assert.Equal((3, 1), (shares.Capacity(new()), shares.Capacity(Asking(gpu: 2))));
        Assert.Equal(["0", "1", "1"], Enumerable.Range(0, 3).Select(_ => Assert.Single(shares.Take(new(), null)!.Cards)).Order());
        Assert.Null(shares.Take(new(), null));
    }

    [Fact]
    public void Several_cards_are_different_ones()
    {
        MachineShares shares = new(Cards("0", "1", "2") with { JobsPerCard = 2 });
        TrialLimits two = Asking(gpu: 2);
        Assert.Equal(3, shares.Capacity(two));
        string[] taken = [.. Enumerable.Range(0, 3).Select(_ => string.Concat(shares.Take(two, null)!.Cards))];
        Assert.Equal(["01", "02", "12"], taken.Order());
        Assert.Null(shares.Take(two, null));
    }

    [Fact]
    public void A_part_of_a_card_is_taken_beside_others()
    {
        MachineShares shares = new(Cards("0"));
        TrialLimits third = Asking(gpu: 1 / 3.0);
        Assert.Equal(3, shares.Capacity(third));
        MachineShare[] taken = [.. Enumerable.Range(0, 3).Select(_ => shares.Take(third, null)!)];
        Assert.Null(shares.Take(third, null));
        Array.ForEach(taken, shares.GiveBack);
        Assert.NotNull(shares.Take(Asking(gpu: 1), null));
        Assert.Empty(shares.Take(Asking(gpu: 0), null)!.Cards);
    }

    [Fact]
    public void Cores_are_given_with_the_cards_or_nothing_is()
    {
        MachineShares shares = new(Cards("0", "1") with { Cores = [0, 1, 2] });
        MachineShare first = shares.Take(Asking(gpu: 1, cpu: 2), null)!;
        Assert.Equal([0, 1], first.Cores);
        Assert.Null(shares.Take(Asking(gpu: 1, cpu: 2), null));
        Assert.Equal(["1"], shares.Take(Asking(gpu: 1, cpu: 1), null)!.Cards);
        Assert.Equal(1, shares.Capacity(Asking(gpu: 1, cpu: 2)));
    }

    [Fact]
    public void A_warm_worker_gets_the_cores_again_that_it_was_started_with()
    {
        MachineShares shares = new(new() { Site = "box", Cores = [0, 1, 2, 3], CoresPerJob = 2 });
        shares.Take(new(), null);
        MachineShare second = shares.Take(new(), null)!;
        shares.GiveBack(second);
        Assert.True(shares.Take(new(), second)!.IsLike(second));
    }

    [Theory]
    [InlineData(3.0, null, "resource.gpu")]
    [InlineData(1.5, null, "resource.gpu")]
    [InlineData(1.0, 9.0, "resource.cpu")]
    [InlineData(2.0, 2.0, null)]
    public void What_can_never_be_had_is_refused(double gpu, double? cpu, string? path)
    {
        MachineShares shares = new(Cards("0", "1") with { Cores = [0, 1] });
        Assert.Equal(path, shares.Refuses(Asking(gpu, cpu)).FirstOrDefault()?.Path);
    }

    [Fact]
    public void Cards_are_refused_where_there_are_none() =>
        Assert.Equal("resource.gpu", Assert.Single(new MachineShares(new() { Site = "box" }).Refuses(Asking(gpu: 1))).Path);

    [Fact]
    public void Without_cores_of_their_own_trials_are_as_many_as_cores_unless_it_is_said()
    {
        MachineOptions options = new() { Site = "box", Cores = [0, 1, 2] };
        Assert.Equal(3, new MachineShares(options).Capacity(new()));
        Assert.Equal(7, new MachineShares(options with { Parallel = 7 }).Capacity(new()));
        Assert.Equal(1, new MachineShares(options with { CoresPerJob = 2 }).Capacity(new()));
    }

    private static MachineOptions Cards(params string[] cards) => new() { Site = "box", HasCards = true, Cards = [.. cards] };

    private static TrialLimits Asking(double? gpu = null, double? cpu = null)
    {
        ImmutableSortedDictionary<string, double> resource = ImmutableSortedDictionary<string, double>.Empty;
        resource = gpu is { } cards ? resource.Add("gpu", cards) : resource;
        return new() { Resource = cpu is { } cores ? resource.Add("cpu", cores) : resource };
    }
}
