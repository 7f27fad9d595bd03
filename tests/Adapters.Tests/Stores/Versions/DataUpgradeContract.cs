using System.Text;
using HpoServerless.Adapters.Stores.Versions;
using HpoServerless.Contracts.Stores;
using HpoServerless.Contracts.Time;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Tests.Stores.Versions;

/// <summary>What data of other versions meet, for every store that outlives its process. The made-up step to version 2 gives every experiment an artifact.</summary>
public abstract class DataUpgradeContract
{
    private const int Experiments = 5;

    private readonly ManualTimeProvider _time = new();
    private int _changes;
    private DateTimeOffset _begun;

    protected abstract Task<StoresUnderTest> OpenAsync();

    /// <summary>Opens the data as the program does.</summary>
    protected abstract Task OpenAsProgramAsync();

    [Fact]
    public async Task Data_without_a_mark_are_opened_and_get_none()
    {
        StoresUnderTest stores = await FilledAsync();

        await OpenAsProgramAsync();

        Assert.Equal(1, DataVersion.Current);
        Assert.Null(await MarkAsync(stores));
    }

    [Fact]
    public async Task Newer_data_are_refused_by_the_program_and_both_versions_named()
    {
        StoresUnderTest stores = await FilledAsync();
        await stores.Rows.PutAsync(DataMark.Partition, DataMark.Key, new DataMark(DataVersion.Current + 1, "9.8.7").Write(), version: null, default);

        DataVersionException refused = await Assert.ThrowsAsync<DataVersionException>(OpenAsProgramAsync);

        Assert.Equal((DataVersion.Current + 1, DataVersion.Current, RetryAdvice.Never), (refused.Found, refused.Known, refused.Retry));
        Assert.Contains("9.8.7", refused.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("up to 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_a_newer_program_began_to_change_are_refused()
    {
        StoresUnderTest stores = await FilledAsync();
        await stores.Rows.PutAsync(
            DataMark.Partition, DataMark.Key, new DataMark(1, "9.8.7") { To = 2, Owner = "o", Until = DateTimeOffset.UnixEpoch }.Write(), version: null, default);

        Assert.Equal(2, (await Assert.ThrowsAsync<DataVersionException>(OpenAsProgramAsync)).Found);
    }

    [Fact]
    public async Task Mark_that_cannot_be_read_is_refused()
    {
        StoresUnderTest stores = await FilledAsync();
        await stores.Rows.PutAsync(DataMark.Partition, DataMark.Key, "{}", version: null, default);

        await Assert.ThrowsAsync<CorruptDataException>(OpenAsProgramAsync);
    }

    [Fact]
    public async Task Older_data_are_made_new_once_and_opened_then()
    {
        StoresUnderTest stores = await FilledAsync();

        await Upgrade(stores).RunAsync(default);
        await Upgrade(stores).RunAsync(default);

        Assert.Equal(Experiments, _changes);
        Assert.Equal(new DataMark(2, DataVersion.Program), await MarkAsync(stores));
        await AssertMadeAsync(stores);
    }

    [Fact]
    public async Task Every_step_is_made_in_order()
    {
        StoresUnderTest stores = await FilledAsync();
        List<int> made = [];
        DataStep Step(int to) => new(to, "x", _ =>
        {
            made.Add(to);
            return Task.CompletedTask;
        });

        await new DataUpgrade(stores.Rows, "data", 4, [Step(3), Step(4), Step(2)], _time, NullLogger.Instance).RunAsync(default);

        Assert.Equal([2, 3, 4], made);
        Assert.Equal(4, (await MarkAsync(stores))!.Version);
    }

    [Fact]
    public async Task Killed_at_any_change_it_is_made_again_when_the_lease_has_run_out()
    {
        for (int killedAt = 0; killedAt <= Experiments; killedAt++)
        {
            StoresUnderTest stores = await FilledAsync();
            int left = killedAt;
            await Assert.ThrowsAsync<InvalidOperationException>(() => Upgrade(stores, () => left-- == 0 ? throw new InvalidOperationException("killed") : Task.CompletedTask).RunAsync(default));
            DataMark killed = (await MarkAsync(stores))!;
            Assert.Equal((1, 2), (killed.Version, killed.To));
            _changes = 0;

            await PassAsync(Upgrade(stores).RunAsync(default));

            Assert.True(_begun >= killed.Until); // until then the one before might live
            Assert.Equal(Experiments - killedAt, _changes);
            Assert.Equal(2, (await MarkAsync(stores))!.Version);
            await AssertMadeAsync(stores);
        }
    }

    [Fact]
    public async Task Of_two_at_once_one_works_and_the_other_waits_as_long_as_it_takes()
    {
        StoresUnderTest stores = await FilledAsync();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ManualTimeProvider ahead = new();
        Task first = Upgrade(stores, () => goOn.Task, ahead).RunAsync(default);
        await Eventually.HoldsAsync(async () => await MarkAsync(stores) is { Owner: not null }, "nobody began");
        Task second = Upgrade(stores, () => throw new InvalidOperationException("two work at once")).RunAsync(default);

        for (int i = 0; i < 20; i++)
        {
            DateTimeOffset until = (await MarkAsync(stores))!.Until!.Value;
            _time.Advance(until - TimeSpan.FromSeconds(1) - _time.GetUtcNow());
            await Eventually.HoldsAsync(
                async () =>
                {
                    ahead.Advance(DataUpgrade.Lease / 3);
                    return (await MarkAsync(stores))!.Until > until;
                },
                "the lease was not held on to");
        }

        Assert.False(first.IsCompleted || second.IsCompleted);
        goOn.SetResult();
        await PassAsync(Task.WhenAll(first, second));
        Assert.Equal(Experiments, _changes);
    }

    [Fact]
    public async Task One_that_was_away_too_long_stops_and_leaves_the_work_to_the_other()
    {
        StoresUnderTest stores = await FilledAsync();
        bool stopped = false;
        DataStep stuck = new(2, "stuck", async cancellation =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                stopped = true;
            }
        });
        ManualTimeProvider slow = new();
        Task first = new DataUpgrade(stores.Rows, "data", 2, [stuck], slow, NullLogger.Instance).RunAsync(default);
        await Eventually.HoldsAsync(async () => await MarkAsync(stores) is { Owner: not null }, "nobody began");
        _time.Advance(DataUpgrade.Lease * 2); // on the clock of the other, which heard nothing of it

        await Upgrade(stores).RunAsync(default);
        Assert.False(first.IsCompleted);
        await Eventually.HoldsAsync(
            () =>
            {
                slow.Advance(DataUpgrade.Lease);
                return first.IsCompleted;
            },
            "it did not notice");

        await first;
        Assert.True(stopped);
        Assert.Equal(Experiments, _changes);
    }

    private DataUpgrade Upgrade(StoresUnderTest stores, Func<Task>? beforeEach = null, TimeProvider? time = null) =>
        new(stores.Rows, "data", 2, [new(2, "an artifact for every experiment", cancellation => StepAsync(stores, beforeEach, cancellation))], time ?? _time, NullLogger.Instance);

    private async Task StepAsync(StoresUnderTest stores, Func<Task>? beforeEach, CancellationToken cancellation)
    {
        _begun = _time.GetUtcNow();
        foreach (ExperimentRecord experiment in (await stores.Experiments.ListAsync(new(100), cancellation)).Items)
        {
            string name = $"made/{experiment.Id}";
            if (await stores.Artifacts.FindAsync(name, cancellation) is null)
            {
                await (beforeEach?.Invoke() ?? Task.CompletedTask);
                await stores.Artifacts.PutAsync(name, Encoding.UTF8.GetBytes(experiment.Id), cancellation);
                Interlocked.Increment(ref _changes);
            }
        }

        await (beforeEach?.Invoke() ?? Task.CompletedTask); // killed before the mark is written
    }

    private async Task PassAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(task, Task.Delay(1));
        }

        await task;
    }

    private async Task<StoresUnderTest> FilledAsync()
    {
        StoresUnderTest stores = await OpenAsync();
        for (int i = 0; i < Experiments; i++)
        {
            await stores.Experiments.CreateAsync(StoreExamples.Experiment($"e{i}", i), default);
        }

        return stores;
    }

    private static async Task<DataMark?> MarkAsync(StoresUnderTest stores) =>
        await stores.Rows.FindAsync(DataMark.Partition, DataMark.Key, default) is { } row ? DataMark.Read(row.Content, "data") : null;

    private static async Task AssertMadeAsync(StoresUnderTest stores)
    {
        for (int i = 0; i < Experiments; i++)
        {
            Assert.NotNull(await stores.Artifacts.FindAsync($"made/e{i}", default));
        }
    }
}
