using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <summary>What every <see cref="IRowStore"/> does.</summary>
public abstract class RowStoreContract
{
    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    [Fact]
    public async Task What_was_put_is_found_and_listed_by_key_also_by_the_next_process()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        Assert.Null(await stores.Rows.FindAsync("p", "a", default));
        Assert.Empty(await stores.Rows.ListAsync("p", default));
        foreach (string key in (string[])["s-b_1", "a", "s-b_10", "A.x"])
        {
            Assert.NotNull(await stores.Rows.PutAsync("p", key, $"{{\"ü\": \"{key}\"}}", null, default));
        }

        await stores.Rows.PutAsync("q", "a", "of another partition", null, default);
        stores = stores.Reopen is { } reopen ? await reopen() : stores;

        Assert.Equal(["A.x", "a", "s-b_1", "s-b_10"], (await stores.Rows.ListAsync("p", default)).Select(row => row.Key));
        StoredRow row = (await stores.Rows.FindAsync("p", "a", default))!;
        Assert.Equal("{\"ü\": \"a\"}", row.Content);
        Assert.Equal(row, (await stores.Rows.ListAsync("p", default))[1]);
        Assert.Equal("of another partition", Assert.Single(await stores.Rows.ListAsync("q", default)).Content);
    }

    [Fact]
    public async Task A_row_is_written_only_over_the_version_that_was_read()
    {
        IRowStore rows = (await CreateStoresAsync()).Rows;
        string another = (await rows.PutAsync("p", "b", "1", null, default))!.Version;
        Assert.Null(await rows.PutAsync("p", "a", "1", another, default));
        StoredRow first = (await rows.PutAsync("p", "a", "1", null, default))!;
        Assert.Null(await rows.PutAsync("p", "a", "2", null, default));
        StoredRow second = (await rows.PutAsync("p", "a", "2", first.Version, default))!;
        Assert.NotEqual(first.Version, second.Version);
        Assert.Null(await rows.PutAsync("p", "a", "3", first.Version, default));
        Assert.Equal(second, await rows.FindAsync("p", "a", default));

        Assert.False(await rows.DeleteAsync("p", "a", first.Version, default));
        Assert.True(await rows.DeleteAsync("p", "a", second.Version, default));
        Assert.False(await rows.DeleteAsync("p", "a", second.Version, default));
        Assert.Null(await rows.FindAsync("p", "a", default));
        StoredRow anew = (await rows.PutAsync("p", "a", "2", null, default))!;
        Assert.NotEqual(second.Version, anew.Version);
        Assert.Null(await rows.PutAsync("p", "a", "4", second.Version, default));
    }

    [Fact]
    public async Task Of_many_who_write_at_the_same_time_one_does_at_a_time()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        IRowStore other = stores.OpenAnother is { } open ? (await open()).Rows : stores.Rows;
        await stores.Rows.PutAsync("p", "sum", "0", null, default);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => AddAsync(number % 2 == 0 ? stores.Rows : other, 10))));

        Assert.Equal("80", (await stores.Rows.FindAsync("p", "sum", default))!.Content);
        Assert.Equal("80", (await other.FindAsync("p", "sum", default))!.Content);
    }

    [Fact]
    public async Task Many_rows_and_long_contents_are_kept_whole()
    {
        IRowStore rows = (await CreateStoresAsync()).Rows;
        string text = LongText(IRowStore.MaxContent)[..IRowStore.MaxContent];
        await rows.PutAsync("p", "long", text, null, default);
        await Parallel.ForAsync(0, 300, async (number, token) => await rows.PutAsync("p", $"n{number:D4}", "x", null, token));

        Assert.Equal(text, (await rows.FindAsync("p", "long", default))!.Content);
        Assert.Equal(["long", .. Enumerable.Range(0, 300).Select(number => $"n{number:D4}")], (await rows.ListAsync("p", default)).Select(row => row.Key));
    }

    [Fact]
    public async Task What_no_store_takes_is_refused_by_all()
    {
        IRowStore rows = (await CreateStoresAsync()).Rows;
        foreach (string bad in (string[])["", "a/b", "a@b", "ü", "a b", new string('a', 201)])
        {
            await Assert.ThrowsAsync<InvalidInputException>(() => rows.PutAsync("p", bad, "x", null, default));
            await Assert.ThrowsAsync<InvalidInputException>(() => rows.PutAsync(bad, "a", "x", null, default));
            await Assert.ThrowsAsync<InvalidInputException>(() => rows.ListAsync(bad, default));
        }

        await Assert.ThrowsAsync<InvalidInputException>(() => rows.PutAsync("p", "a", new string('x', IRowStore.MaxContent + 1), null, default));
        Assert.Empty(await rows.ListAsync("p", default));
    }

    [Fact]
    public async Task Calls_that_were_cancelled_before_change_nothing()
    {
        IRowStore rows = (await CreateStoresAsync()).Rows;
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rows.PutAsync("p", "a", "x", null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rows.ListAsync("p", cancelled));
        Assert.Null(await rows.FindAsync("p", "a", default));
    }

    private static async Task AddAsync(IRowStore rows, int times)
    {
        while (times > 0)
        {
            StoredRow row = (await rows.FindAsync("p", "sum", default))!;
            int sum = int.Parse(row.Content, CultureInfo.InvariantCulture) + 1;
            times -= await rows.PutAsync("p", "sum", sum.ToString(CultureInfo.InvariantCulture), row.Version, default) is null ? 0 : 1;
        }
    }
}
