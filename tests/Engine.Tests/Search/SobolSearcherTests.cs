using HpoServerless.Contracts.Search;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Tests.Search;

public sealed class SobolSearcherContract : SearcherContract
{
    protected override int LargeDimension => 150;

    protected override ISearcher Create() => new SobolSearcher();
}

public sealed class SobolSearcherTests
{
    [Fact]
    public void Suggest_covers_every_stratum_of_every_axis_once()
    {
        SearchSpace space = Cube(40);

        SearchStep step = new SobolSearcher().Suggest(new() { Space = space, Seed = 3, NextTrial = 1 }, 64);

        for (int axis = 0; axis < 40; axis++)
        {
            Assert.Equal(Enumerable.Range(0, 64), step.Suggestions.Select(suggestion => (int)(suggestion[$"p{axis}"].AsDouble() * 64)).Order());
        }
    }

    [Fact]
    public void Suggest_refuses_more_dimensions_than_there_are_numbers_for()
    {
        int most = SobolSequence.MaxDimension;

        Assert.Single(new SobolSearcher().Suggest(new() { Space = Cube(most), Seed = 3, NextTrial = 1 }, 1).Suggestions);
        UnsupportedSpaceException error = Assert.Throws<UnsupportedSpaceException>(
            () => new SobolSearcher().Suggest(new() { Space = Cube(most + 1), Seed = 3, NextTrial = 1 }, 1));
        Assert.Equal("sobol", error.Algorithm);
    }

    private static SearchSpace Cube(int dimension) => new([.. Enumerable.Range(0, dimension).Select(i => new UniformParameter($"p{i}", 0, 1))]);
}
