using System.Collections.Immutable;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests;

/// <summary>A segment begins at the newest state that was saved, whatever the turns do meanwhile.</summary>
public sealed class SegmentCheckpointTests
{
    private static readonly SegmentId First = new(Workshop.Id, 1, 0);

    private static readonly Checkpoint Second = Saved(step: 2, 'b');

    private static readonly Checkpoint Third = Saved(step: 3, 'c');

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Submit_offers_what_was_saved_before_and_after_the_turn_that_takes_it_in(int? foldedAfterReads)
    {
        TaskCompletionSource<SegmentWork> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Workshop shop = new((work, _) =>
        {
            started.TrySetResult(work);
            return Task.FromResult(FunctionExecutor.Completed(work, ("loss", 1)));
        });
        await shop.StartAsync();
        await PostAsync(shop, Second);
        await shop.AdvanceAsync(2);
        await PostAsync(shop, Third);
        Interleaved stores = new(shop.Stores.Trials, shop.Stores.Inbox, foldedAfterReads, () => shop.AdvanceAsync(3));

        SubmitSegment submit = new(shop.Cache, stores, stores, shop);
        Assert.NotNull(await submit.RunAsync(new(First), CancellationToken.None));

        Assert.Equal([Third, Second], (await started.Task).Checkpoints);
    }

    private static Task PostAsync(Workshop shop, Checkpoint saved) =>
        shop.Stores.Inbox.PostAsync(Workshop.Id, new TrialCheckpointed(First.CheckpointEventId(saved), First.Trial, First.Segment, saved), CancellationToken.None);

    private static Checkpoint Saved(long step, char digit)
    {
        string sha256 = new(digit, 64);
        return new(step, Checkpoint.NameFor(First, step, sha256), 10, sha256);
    }

    /// <summary>Lets something happen after so many reads.</summary>
    private sealed class Interleaved(ITrialStore trials, IInbox inbox, int? after, Func<Task> happen) : ITrialStore, IInbox
    {
        private int _reads;

        public async Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation)
        {
            await HappenAsync();
            return await trials.FindAsync(experiment, number, cancellation);
        }

        public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation)
        {
            await HappenAsync();
            return await inbox.ReadAsync(experiment, max, cancellation);
        }

        public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(SegmentId segment, CancellationToken cancellation)
        {
            await HappenAsync();
            return await inbox.ReadAsync(segment, cancellation);
        }

        public Task<Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation) => trials.ListAsync(experiment, page, cancellation);

        public Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation) => inbox.PostAsync(experiment, happened, cancellation);

        private Task HappenAsync() => _reads++ == after ? happen() : Task.CompletedTask;
    }
}
