using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;
using HpoServerless.Engine.Ports;
using HpoServerless.Orchestrations.Telemetry;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Orchestrations;

/// <summary>Activity: folds what arrived, decides, commits, and sends what was decided to the trials.</summary>
/// <remarks>
/// Safe to run any number of times: for turns that are committed already it only sends the messages again, which those who receive them expect.
/// Takes several turns in one go while there is more to do, at most <see cref="TurnsPerCall"/>.
/// </remarks>
public sealed class AdvanceExperiment(
    ExperimentCache cache, RunningTrials running, ITurnStore turns, IInbox inbox, ITrialQueue queue, IArtifactStore artifacts, IExecutors executors, TimeProvider time,
    ILogger<AdvanceExperiment> logger)
{
    /// <summary>Bounds the time and the messages of one call.</summary>
    public const int TurnsPerCall = 16;

    private const int InboxPage = 256;
    private const int ConflictsBeforeGivingUp = 5;

    private readonly TurnWatch _watch = new(logger);

    /// <summary>Advances an experiment.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="UnavailableException">The store or the queue does not answer, or others keep advancing the experiment.</exception>
    public async Task<TurnReceipt> RunAsync(AdvanceRequest request, CancellationToken cancellation)
    {
        string id = request.ExperimentId;
        ExperimentState state = await cache.AtLeastAsync(id, request.Turn - 1, cancellation);
        await SendAgainAsync(id, request.Turn, state.Summary.Turn, cancellation);
        ImmutableArray<SiteSlots> slots = await SlotsAsync(id, state, cancellation);
        for (int count = 0, conflicts = 0; count < TurnsPerCall;)
        {
            long began = time.GetTimestamp();
            ImmutableArray<ExperimentEvent> waiting = await inbox.ReadAsync(id, InboxPage, cancellation);
            AdvanceResult result = Advance(state, waiting, slots);
            if (result.Turn is null)
            {
                ExperimentState latest = state.Summary.IsFinal ? state : await cache.LatestAsync(id, cancellation);
                if (latest.Summary.Turn == state.Summary.Turn)
                {
                    await FinishAsync(id, state, cancellation);
                    return Receipt(result, more: false);
                }

                await SendAgainAsync(id, state.Summary.Turn + 1, latest.Summary.Turn, cancellation);
                state = latest;
                continue;
            }

            if (await turns.CommitAsync(id, Commit(result), cancellation))
            {
                _watch.OnCommitted(id, state, result, waiting.Length, time.GetElapsedTime(began));
                state = result.State;
                cache.Remember(id, state);
                running.Remember(id, state, result.ChangedTrials.Select(state.TrialAt));
                await SendAsync(id, result.Turn, cancellation);
                await SaveSnapshotAsync(id, result, cancellation);
                if (state.Summary.IsFinal)
                {
                    cache.Forget(id);
                    await FinishAsync(id, state, cancellation);
                    return Receipt(result, more: false);
                }

                if (!result.Turn.More)
                {
                    return Receipt(result, more: false);
                }

                count++;
            }
            else
            {
                state = await BehindAsync(id, state, ++conflicts, cancellation);
            }
        }

        return new(state.Summary.Turn + 1, Finished: false, More: true, WakeAt: null);
    }

    private static TurnReceipt Receipt(AdvanceResult result, bool more) =>
        new(result.State.Summary.Turn + 1, result.State.Summary.IsFinal, more, result.WakeAt?.UtcDateTime);

    private static TurnCommit Commit(AdvanceResult result) =>
        new(result.Turn!, [.. result.ChangedTrials.Select(result.State.TrialAt)], result.State.Summary);

    /// <summary>What can never be decided ends the experiment, so that it does not hang.</summary>
    private AdvanceResult Advance(ExperimentState state, ImmutableArray<ExperimentEvent> waiting, ImmutableArray<SiteSlots> slots)
    {
        try
        {
            return ExperimentEngine.Advance(state, waiting, time.GetUtcNow(), limits: null, slots);
        }
        catch (HpoException error) when (error.Retry != RetryAdvice.Backoff)
        {
            return ExperimentEngine.Fail(state, error.Message, time.GetUtcNow());
        }
    }

    /// <summary>Another process advanced the experiment. It may have died before it sent what it decided, so that is sent from here as well.</summary>
    private async Task<ExperimentState> BehindAsync(string id, ExperimentState state, int conflicts, CancellationToken cancellation)
    {
        ExperimentState latest = await cache.LatestAsync(id, cancellation);
        if (conflicts >= ConflictsBeforeGivingUp || latest.Summary.Turn <= state.Summary.Turn)
        {
            cache.Forget(id);
            throw new UnavailableException($"experiment '{id}'", $"turn {state.Summary.Turn + 1} could not be committed, and no other turn took its place");
        }

        await SendAgainAsync(id, state.Summary.Turn + 1, latest.Summary.Turn, cancellation);
        return latest;
    }

    private async Task SendAgainAsync(string id, int from, int last, CancellationToken cancellation)
    {
        if (from > last)
        {
            return;
        }

        await foreach (Turn turn in turns.ReadAsync(id, from, cancellation))
        {
            await SendAsync(id, turn, cancellation);
        }
    }

    private async Task SendAsync(string id, Turn turn, CancellationToken cancellation)
    {
        ImmutableArray<TrialMessage> messages = TrialMessages.Of(id, turn);
        if (!messages.IsEmpty)
        {
            await queue.SendAsync(Stamped(messages), cancellation);
        }

        foreach (string checkpoint in turn.Dropped)
        {
            await artifacts.DeleteAsync(checkpoint, cancellation);
        }
    }

    /// <summary>Notes when and by whom messages are sent, where anybody measures it.</summary>
    private ImmutableArray<TrialMessage> Stamped(ImmutableArray<TrialMessage> messages)
    {
        string? trace = Instruments.Trace;
        DateTimeOffset? now = Instruments.QueueAge.Enabled ? time.GetUtcNow() : null;
        return trace is null && now is null ? messages : [.. messages.Select(message => message with { Trace = trace, SentAt = now })];
    }

    /// <summary>Tells the sites of an experiment that has ended, again where this is run again. One that is not there has nothing to give back.</summary>
    private async Task FinishAsync(string id, ExperimentState state, CancellationToken cancellation)
    {
        foreach (string site in state.Summary.IsFinal ? state.Definition.SiteNames : [])
        {
            try
            {
                await executors.For(site).FinishAsync(id, cancellation);
            }
            catch (NotFoundException)
            {
                // The site was taken away.
            }
        }
    }

    /// <summary>What the experiment's sites say, limited ones only. Of one that is not there counts what it said last: its segments say so when they are submitted.</summary>
    private async Task<ImmutableArray<SiteSlots>> SlotsAsync(string id, ExperimentState state, CancellationToken cancellation)
    {
        ExperimentDefinition definition = state.Definition;
        ImmutableArray<SiteSlots>.Builder slots = ImmutableArray.CreateBuilder<SiteSlots>();
        foreach (string site in definition.SiteNames)
        {
            try
            {
                if (await executors.For(site).SlotsAsync(id, definition, cancellation) is { } number)
                {
                    slots.Add(new(site, number));
                }
            }
            catch (NotFoundException)
            {
                slots.AddRange(state.Slots.Where(known => known.Site == site));
            }
        }

        return slots.DrainToImmutable();
    }

    /// <summary>Snapshots are spaced so that writing them and refolding the turns after the last one both cost a constant share.</summary>
    private async Task SaveSnapshotAsync(string id, AdvanceResult result, CancellationToken cancellation)
    {
        int spacing = 256;
        while (result.Turn!.Number >= spacing * 8)
        {
            spacing *= 2;
        }

        if (result.Turn.Number % spacing == 0)
        {
            await turns.SaveSnapshotAsync(id, ExperimentSnapshot.Of(result.State), cancellation);
        }
    }
}
