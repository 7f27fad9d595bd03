using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Azure.Data.Tables;
using HpoServerless.Adapters.Stores;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Stores.Azure.AzuriteStores;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>The same story over and over, with something going wrong at its first, second, third, … request.</summary>
public sealed class AzureStoresCrashTests(AzuriteFixture azurite)
{
    private const int StoriesAtOnce = 4;

    /// <summary>Incompressible, and too large for a row.</summary>
    private static readonly string Large = Noise(1_100_000);

    [Fact]
    public async Task AnyLostAnswer_changesNothing()
    {
        using FaultInjectingHandler faultless = new();
        string expected = await TellAsync(await azurite.OpenAsync(NewPrefix(), faultless));
        Assert.InRange(faultless.Requests, 25, 200);

        await Parallel.ForEachAsync(Enumerable.Range(1, faultless.Requests), Options(), async (number, _) =>
        {
            using FaultInjectingHandler faults = new();
            faults.Inject(HttpFault.LostAnswer, when: Nth(number));
            string told = await TellAsync(await azurite.OpenAsync(NewPrefix(), faults));
            Assert.True(expected == told, $"with the answer to request {number} lost: {told}");
        });
    }

    [Fact]
    public async Task AnyCrashOfACreation_leavesAllOrNothing_andItCanBeTriedAgain()
    {
        ExperimentRecord experiment = Experiment("e") with { Definition = Experiment("e").Definition with { Project = Large } };
        int requests = await AtEveryRequestAsync(
            _ => Task.CompletedTask,
            stores => stores.Experiments.CreateAsync(experiment, default),
            async (stores, number) =>
            {
                ExperimentRecord? found = await stores.Experiments.FindAsync("e", default);
                Assert.Equal(found is null ? [] : ["e"], (await stores.Experiments.ListAsync(new(), default)).Items.Select(e => e.Id));
                await Assert.ThrowsAsync<NotFoundException>(() => stores.Inbox.PostAsync("e", Reported(1, 1), default));

                Assert.True(await stores.Experiments.CreateAsync(experiment with { Summary = Summary(0, createdAt: number) }, default));
                Assert.Equal(At(number), Assert.Single((await stores.Experiments.ListAsync(new(), default)).Items).Summary.CreatedAt);
                await stores.Inbox.PostAsync("e", Reported(1, 1), default);
            });

        Assert.Equal(5, requests); // look for events, look for the head, definition, index, head
    }

    [Fact]
    public async Task AnyCrashOfADeletion_hidesTheExperiment_andDeletingAgainFinishes()
    {
        const int Trials = 130;
        await AtEveryRequestAsync(
            async stores =>
            {
                await stores.Experiments.CreateAsync(Experiment("e"), default);
                await stores.Experiments.CreateAsync(Experiment("kept", createdAt: 1), default);
                await stores.Turns.CommitAsync("e", Commit(1, trials: Enumerable.Range(1, 90).Select(n => Trial(n)), state: Large), default);
                await stores.Turns.CommitAsync("e", Commit(2, trials: Enumerable.Range(91, Trials - 90).Select(n => Trial(n))), default);
                await stores.Turns.SaveSnapshotAsync("e", Snapshot(1, 1), default);
                await stores.Inbox.PostAsync("e", Reported(1, 1), default);
            },
            stores => stores.Experiments.DeleteAsync("e", default),
            async (stores, number) =>
            {
                bool found = await stores.Experiments.FindAsync("e", default) is not null;
                Assert.Equal(number <= 2, found); // look, mark
                Assert.Equal(found ? ["kept", "e"] : ["kept"], (await stores.Experiments.ListAsync(new(), default)).Items.Select(e => e.Id));
                if (!found)
                {
                    await Assert.ThrowsAsync<NotFoundException>(() => stores.Inbox.PostAsync("e", Reported(2, 1), default));
                    await Assert.ThrowsAsync<NotFoundException>(() => stores.Turns.CommitAsync("e", Commit(3), default));
                    Assert.Null(await stores.Turns.FindSnapshotAsync("e", default));
                }

                if (number % 2 == 0 && !found)
                {
                    Assert.True(await stores.Experiments.CreateAsync(Experiment("e"), default)); // finishes the deletion first
                    Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
                    Assert.True(await stores.Turns.CommitAsync("e", Commit(1), default));
                }

                await stores.Experiments.DeleteAsync("e", default);
            },
            async prefix =>
            {
                List<TableEntity> rows = await (await azurite.TableAsync(prefix)).QueryAsync<TableEntity>().ToListAsync();
                Assert.All(rows, row => Assert.Equal("kept", row.PartitionKey));
                Assert.Empty(await (await azurite.TableAsync(prefix, "inbox")).QueryAsync<TableEntity>().ToListAsync());
                Assert.Single(await (await azurite.TableAsync(prefix, "index")).QueryAsync<TableEntity>().ToListAsync());
                Assert.Empty(await (await azurite.ContainerAsync(prefix)).GetBlobsAsync().ToListAsync());
            });
    }

    [Fact]
    public async Task AnyCrashOfACommit_leavesAllOrNothing_andNoEventIsFoldedTwice()
    {
        TurnCommit commit = Commit(1, [Reported(1, 1), Reported(9, 9)], [Trial(1), Trial(2, error: Large)], Large);
        int committed = 0;
        int requests = await AtEveryRequestAsync(
            async stores =>
            {
                await stores.Experiments.CreateAsync(Experiment("e"), default);
                await stores.Inbox.PostAsync("e", Reported(1, 1), default);
            },
            stores => stores.Turns.CommitAsync("e", commit, default),
            async (stores, number) =>
            {
                int turn = (await stores.Experiments.FindAsync("e", default))!.Summary.Turn;
                Assert.Equal(turn, (await stores.Turns.ReadAsync("e", 1, default).ToListAsync()).Count);
                Assert.Equal(turn == 0, await stores.Trials.FindAsync("e", 1, default) is null);
                Assert.Single(await stores.Inbox.ReadAsync("e", 10, default)); // folded or not, it was not removed
                Interlocked.Add(ref committed, turn);
                if (turn == 1 && number % 2 == 0)
                {
                    UnavailableException refused = await Assert.ThrowsAsync<UnavailableException>(() => stores.Turns.CommitAsync("e", Commit(2, [Reported(1, 1)]), default));
                    Assert.Contains(Reported(1, 1).Id, refused.Message, StringComparison.Ordinal);
                }
                else
                {
                    Assert.True(await stores.Turns.CommitAsync("e", commit, default));
                }

                AssertSame(commit.Trials[1], await stores.Trials.FindAsync("e", 2, default));
                Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
                Assert.True(await stores.Turns.CommitAsync("e", Commit(2), default));
            });
        Assert.Equal(8, requests); // head, two blobs, commit; removing: refused, look, head, the one that waits
        Assert.Equal(4, committed);
    }

    [Fact]
    public async Task DeletionsSideBySide_bothEnd()
    {
        string prefix = NewPrefix();
        StoreSet first = await azurite.OpenAsync(prefix);
        StoreSet second = await azurite.OpenAsync(prefix);
        await first.Experiments.CreateAsync(Experiment("e"), default);
        for (int turn = 1; turn <= 4; turn++)
        {
            await first.Turns.CommitAsync("e", Commit(turn, trials: Enumerable.Range(turn * 90, 90).Select(n => Trial(n))), default);
        }

        await Task.WhenAll(first.Experiments.DeleteAsync("e", default), second.Experiments.DeleteAsync("e", default));

        Assert.Empty(await (await azurite.TableAsync(prefix)).QueryAsync<TableEntity>().ToListAsync());
    }

    private static ParallelOptions Options() => new() { MaxDegreeOfParallelism = StoriesAtOnce };

    /// <summary>Applies to one request, counted from 1.</summary>
    private static Func<HttpRequestMessage, bool> Nth(int number)
    {
        int seen = 0;
        return _ => ++seen == number;
    }

    private static Func<HttpRequestMessage, bool> From(int number)
    {
        int seen = 0;
        return _ => ++seen >= number;
    }

    /// <summary>Lets an action lose its storage at every one of its requests, and looks at what it left with stores that work.</summary>
    /// <returns>How many requests the action needs.</returns>
    private async Task<int> AtEveryRequestAsync(
        Func<StoreSet, Task> prepare, Func<StoreSet, Task> act, Func<StoreSet, int, Task> check, Func<string, Task>? checkData = null)
    {
        using FaultInjectingHandler faultless = new();
        string calm = NewPrefix();
        await prepare(await azurite.OpenAsync(calm));
        StoreSet undisturbed = await azurite.OpenAsync(calm, faultless);
        int opening = faultless.Requests;
        await act(undisturbed);
        int requests = faultless.Requests - opening;

        await Parallel.ForEachAsync(Enumerable.Range(1, requests), Options(), async (number, _) =>
        {
            string prefix = NewPrefix();
            await prepare(await azurite.OpenAsync(prefix));
            using FaultInjectingHandler faults = new();
            StoreSet dying = await azurite.OpenAsync(prefix, faults);
            faults.Inject(HttpFault.Refuse(HttpStatusCode.Forbidden, "AuthenticationFailed"), times: 1000, when: From(number));
            await Assert.ThrowsAsync<UnavailableException>(() => act(dying));
            await check(await azurite.OpenAsync(prefix), number);
            await (checkData?.Invoke(prefix) ?? Task.CompletedTask);
        });
        return requests;
    }

    /// <summary>A little of everything; returns all that it was told.</summary>
    private static async Task<string> TellAsync(StoreSet stores)
    {
        List<string> told = [];
        void Note<T>(T heard) => told.Add(Json(heard));

        Note(await stores.Experiments.CreateAsync(Experiment("e"), default));
        Note(await stores.Experiments.CreateAsync(Experiment("e", createdAt: 5), default));
        Note(await stores.Experiments.CreateAsync(Experiment("f", createdAt: 9), default));
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        await stores.Inbox.PostAsync("e", Reported(1, 1, loss: 0.9), default);
        await stores.Inbox.PostAsync("e", Ended(2, error: Large), default);
        ImmutableArray<ExperimentEvent> events = await stores.Inbox.ReadAsync("e", 10, default);
        Note(events);
        Note(await stores.Turns.CommitAsync("e", Commit(1, events, [Trial(1), Trial(2, error: "OSError")]), default));
        Note(await stores.Turns.CommitAsync("e", Commit(1, trials: [Trial(1)]), default));
        Note(await stores.Turns.CommitAsync("e", Commit(2, [Reported(7, 7)], [Trial(1, steps: 2)]), default));
        await stores.Turns.SaveSnapshotAsync("e", Snapshot(2, 2), default);
        await stores.Experiments.DeleteAsync("f", default);
        Note(await stores.Turns.FindSnapshotAsync("e", default));
        Note(await stores.Inbox.ReadAsync("e", 10, default));
        Note(await stores.Turns.ReadAsync("e", 1, default).ToListAsync());
        Note((await stores.Trials.ListAsync("e", new(), default)).Items);
        Note((await stores.Experiments.ListAsync(new(), default)).Items);
        return string.Join('\n', told.Select((line, i) => string.Create(CultureInfo.InvariantCulture, $"{i}: {(line.Length < 2000 ? line : line[..1000] + line.GetHashCode(StringComparison.Ordinal))}")));
    }
}
