using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Contracts.Stores;

/// <summary>What every <see cref="IArtifactStore"/> does.</summary>
public abstract class ArtifactStoreContract
{
    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    [Theory]
    [InlineData("a")]
    [InlineData("projects/digits/scripts.zip")]
    [InlineData("experiments/e-1/t1/CHECKPOINT_.0001")]
    [InlineData(".hidden/a.b/_x-")]
    public async Task FindAsync_returns_what_was_put(string name)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        byte[] content = [0, 1, 2, 255, 10, 13];

        Assert.Null(await stores.Artifacts.FindAsync(name, default));
        await stores.Artifacts.PutAsync(name, content, default);
        stores = stores.Reopen is { } reopen ? await reopen() : stores;

        Assert.Equal(content, (await stores.Artifacts.FindAsync(name, default))!.Value.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6_000_000)]
    public async Task FindAsync_returns_files_of_any_size(int size)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        byte[] content = [.. Enumerable.Range(0, size).Select(i => (byte)(i * 31 >> 3))];

        await stores.Artifacts.PutAsync("f", content, default);

        ReadOnlyMemory<byte>? found = await stores.Artifacts.FindAsync("f", default);
        Assert.True(found!.Value.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task PutAsync_replaces_the_file_before_and_keeps_a_copy()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        byte[] content = [4, 5];
        await stores.Artifacts.PutAsync("a/f", new byte[] { 1, 2, 3 }, default);

        await stores.Artifacts.PutAsync("a/f", content, default);
        content[0] = 9;

        Assert.Equal([4, 5], (await stores.Artifacts.FindAsync("a/f", default))!.Value.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(9_000_001)]
    public async Task CopyToAsync_gives_what_was_put_from_a_stream_of_any_size(int size)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        byte[] content = [.. Enumerable.Range(0, size).Select(i => (byte)(i * 31 >> 3))];
        using MemoryStream source = new([1, 2, .. content]) { Position = 2 };
        using MemoryStream found = new();

        await stores.Artifacts.PutAsync("a/f", new byte[] { 7 }, default);
        await stores.Artifacts.PutAsync("a/f", source, default);
        stores = stores.Reopen is { } reopen ? await reopen() : stores;

        Assert.True(await stores.Artifacts.CopyToAsync("a/f", found, default));
        Assert.True(found.ToArray().AsSpan().SequenceEqual(content));
        Assert.True((await stores.Artifacts.FindAsync("a/f", default))!.Value.Span.SequenceEqual(content));
        Assert.True(source.CanRead, "the stream is the caller's");
    }

    [Fact]
    public async Task CopyToAsync_writes_nothing_where_there_is_no_file()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        using MemoryStream found = new();

        Assert.False(await stores.Artifacts.CopyToAsync("a/none", found, default));
        Assert.Equal(0, found.Length);
    }

    [Fact]
    public async Task PutAsync_from_a_stream_that_breaks_changes_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Artifacts.PutAsync("f", new byte[] { 1, 2 }, default);
        using BreakingStream source = new(goodBytes: 6_000_000);

        await Assert.ThrowsAnyAsync<Exception>(() => stores.Artifacts.PutAsync("f", source, default));
        await Assert.ThrowsAnyAsync<Exception>(() => stores.Artifacts.PutAsync("g", source, default));

        Assert.Equal([1, 2], (await stores.Artifacts.FindAsync("f", default))!.Value.ToArray());
        Assert.Equal(["f"], await ExistingAsync(stores, ["f", "g"]));
    }

    [Fact]
    public async Task DeleteAsync_removes_the_files_whose_names_begin_with_the_prefix()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        string[] names = ["e/1", "e/10/a", "e/10/b", "e/11", "e/2/1", "f/e/1", "e1"];
        foreach (string name in names)
        {
            await stores.Artifacts.PutAsync(name, new byte[] { 1 }, default);
        }

        await stores.Artifacts.DeleteAsync("e/1", default);
        await stores.Artifacts.DeleteAsync("no-such-thing/", default);

        Assert.Equal(["e/2/1", "f/e/1", "e1"], await ExistingAsync(stores, names));
        await stores.Artifacts.DeleteAsync("e/2/", default);
        await stores.Artifacts.PutAsync("e/2", new byte[] { 1 }, default); // a file may take the place of a folder that is gone
        Assert.Equal(["f/e/1", "e1"], await ExistingAsync(stores, names));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/./b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("ü")]
    [InlineData("a\0b")]
    public async Task Names_that_break_the_rule_are_refused(string name)
    {
        StoresUnderTest stores = await CreateStoresAsync();

        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Artifacts.PutAsync(name, new byte[] { 1 }, default));
        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Artifacts.FindAsync(name, default));
        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Artifacts.PutAsync(name, Stream.Null, default));
        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Artifacts.CopyToAsync(name, Stream.Null, default));
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/")]
    [InlineData("a/../b")]
    [InlineData("a b")]
    public async Task Prefixes_that_break_the_rule_are_refused(string prefix)
    {
        StoresUnderTest stores = await CreateStoresAsync();

        await Assert.ThrowsAsync<InvalidInputException>(() => stores.Artifacts.DeleteAsync(prefix, default));
    }

    [Fact]
    public async Task Calls_that_were_cancelled_before_change_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Artifacts.PutAsync("kept", new byte[] { 1 }, default);
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Artifacts.PutAsync("a", new byte[] { 1 }, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Artifacts.PutAsync("a", Stream.Null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Artifacts.FindAsync("a", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Artifacts.CopyToAsync("kept", Stream.Null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Artifacts.DeleteAsync("k", cancelled));

        Assert.Equal(["kept"], await ExistingAsync(stores, ["a", "kept"]));
    }

    private static async Task<List<string>> ExistingAsync(StoresUnderTest stores, string[] names)
    {
        List<string> existing = [];
        foreach (string name in names)
        {
            if (await stores.Artifacts.FindAsync(name, default) is not null)
            {
                existing.Add(name);
            }
        }

        return existing;
    }
}
