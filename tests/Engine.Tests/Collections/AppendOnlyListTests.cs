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
    public void Add_inLongLists_keepsEveryVersionAndFork()
    {
        List<AppendOnlyList<int>> versions = [[]];
        for (int i = 0; i < 5000; i++)
        {
            versions.Add(versions[^1].Add(i));
        }

        foreach (int count in (int[])[0, 3, 4, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 5000])
        {
            AppendOnlyList<int> fork = versions[count].Add(-1);
            AppendOnlyList<int> longer = Enumerable.Range(0, 3000).Aggregate(fork, static (list, item) => list.Add(item));
            Assert.Equal([.. Enumerable.Range(0, count), -1, .. Enumerable.Range(0, 3000)], longer);
            Assert.Equal([.. Enumerable.Range(0, count), -1], fork);
            Assert.True(versions[count].IsContinuedBy(longer));
            Assert.True(fork.IsContinuedBy(longer));
            Assert.Equal(count == 5000, versions[5000].IsContinuedBy(longer));
            Assert.True(versions[count].IsContinuedBy(versions[5000]));
        }

        Assert.Equal(Enumerable.Range(0, 5000), versions[5000]);
    }

    [Fact]
    public void IsContinuedBy_knowsListsThatGrew_andNoOthers()
    {
        AppendOnlyList<int> start = [0, 1, 2];
        AppendOnlyList<int> grown = Enumerable.Range(3, 1000).Aggregate(start, static (list, item) => list.Add(item));
        AppendOnlyList<int> full = start.Add(3);
        AppendOnlyList<int> fork = full.Add(4);
        AppendOnlyList<int> other = full.Add(5);

        Assert.True(start.IsContinuedBy(grown));
        Assert.True(full.IsContinuedBy(fork));
        Assert.True(full.IsContinuedBy(other));
        Assert.False(fork.IsContinuedBy(other));
        Assert.False(other.IsContinuedBy(fork));
        Assert.False(grown.IsContinuedBy(start));
        Assert.False(AppendOnlyList.Create([0, 1, 2]).IsContinuedBy(grown));
    }

    [Fact]
    public void Indexer_outside_throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ((AppendOnlyList<int>)[1])[1]);
}
