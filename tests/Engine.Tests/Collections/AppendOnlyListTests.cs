using HpoServerless.Engine.Collections;

namespace HpoServerless.Engine.Tests.Collections;

public sealed class AppendOnlyListTests
{
    [Fact]
    public void Add_twiceToTheSameList_givesTwoIndependentLists()
    {
        AppendOnlyList<int> start = [1, 2];

        AppendOnlyList<int> one = start.Add(3);
        AppendOnlyList<int> other = start.Add(4);

        Assert.Equal([1, 2], start);
        Assert.Equal([1, 2, 3], one);
        Assert.Equal([1, 2, 4], other);
        Assert.True(start.IsContinuedBy(one));
        Assert.False(one.IsContinuedBy(other));
    }

    [Fact]
    public void Add_manyTimes_keepsEveryVersion()
    {
        List<AppendOnlyList<int>> versions = [[]];
        for (int i = 0; i < 1000; i++)
        {
            versions.Add(versions[^1].Add(i));
        }

        Assert.All(versions, v => Assert.Equal(Enumerable.Range(0, v.Count), v));
    }

    [Fact]
    public void Indexer_outside_throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ((AppendOnlyList<int>)[1])[1]);
}
