using System.Text.Json;
using HpoServerless.Engine.Ports;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Contracts.Stores;

/// <summary>What every <see cref="IProjectStore"/> does.</summary>
public abstract class ProjectStoreContract
{
    /// <summary>Stores on data of their own, with nothing in them. The subclass removes the data when the test is over.</summary>
    protected abstract Task<StoresUnderTest> CreateStoresAsync();

    [Theory]
    [InlineData("digits")]
    [InlineData("Digits_2.v1-x")]
    [InlineData("ümlaut und Leerzeichen")]
    [InlineData("../escape")]
    [InlineData("a/b\\c#d?e%f")]
    [InlineData("con")]
    [InlineData(".")]
    public async Task FindAsync_returns_what_was_put_under_any_name(string name)
    {
        StoresUnderTest stores = await CreateStoresAsync();
        ProjectRecord project = new(name, JsonSerializer.SerializeToElement(new { metric = "loss", list = (object[])[1, 2.5, "ü\n"] }), "projects/x.zip");
        await stores.Projects.PutAsync(new("other", project.Configuration, null), default);

        Assert.Null(await stores.Projects.FindAsync(name, default));
        await stores.Projects.PutAsync(project, default);
        stores = stores.Reopen is { } reopen ? await reopen() : stores;

        AssertSame(project, await stores.Projects.FindAsync(name, default));
    }

    [Fact]
    public async Task Names_that_differ_in_case_are_different_projects()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Projects.PutAsync(new("digits", JsonSerializer.SerializeToElement(1), null), default);
        await stores.Projects.PutAsync(new("Digits", JsonSerializer.SerializeToElement(2), null), default);

        Assert.Equal(1, (await stores.Projects.FindAsync("digits", default))!.Configuration.GetInt32());
        Assert.Equal(2, (await stores.Projects.FindAsync("Digits", default))!.Configuration.GetInt32());
    }

    [Fact]
    public async Task PutAsync_replaces_the_project_before()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        await stores.Projects.PutAsync(new("p", JsonSerializer.SerializeToElement(LongText(1_200_000)), "old"), default);
        ProjectRecord project = new("p", JsonSerializer.SerializeToElement(2), null);

        await stores.Projects.PutAsync(project, default);

        AssertSame(project, await stores.Projects.FindAsync("p", default));
    }

    [Fact]
    public async Task Values_are_kept_whole_although_the_document_they_came_from_is_gone()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        string text = LongText(1_200_000);
        using (JsonDocument document = JsonDocument.Parse(Json(new { text })))
        {
            await stores.Projects.PutAsync(new("p", document.RootElement, null), default);
        }

        Assert.Equal(text, (await stores.Projects.FindAsync("p", default))!.Configuration.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Calls_that_were_cancelled_before_change_nothing()
    {
        StoresUnderTest stores = await CreateStoresAsync();
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Projects.PutAsync(new("p", JsonSerializer.SerializeToElement(1), null), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Projects.FindAsync("p", cancelled));

        Assert.Null(await stores.Projects.FindAsync("p", default));
    }
}
