using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class HaltonSearcherContract : SearcherContract
{
    protected override ISearcher Create() => new HaltonSearcher();
}

public sealed class HaltonSearcherTests
{
    [Fact]
    public void Suggest_covers_every_stratum_of_the_first_axes_once()
    {
        SearchSpace space = new([.. Enumerable.Range(0, 3).Select(i => new UniformParameter($"p{i}", 0, 1))]);

        SearchStep step = new HaltonSearcher().Suggest(new() { Space = space, Seed = 3, NextTrial = 1 }, 2 * 3 * 5);

        foreach ((int radix, int axis) in new[] { (2, 0), (3, 1), (5, 2) })
        {
            Assert.Equal(Enumerable.Repeat(30 / radix, radix), step.Suggestions.CountBy(s => (int)(s[$"p{axis}"].AsDouble() * radix)).OrderBy(pair => pair.Key).Select(pair => pair.Value));
        }

        Assert.Equal("point 30 of a Halton sequence", step.Reasons[^1]);
    }
}
