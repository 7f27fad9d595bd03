using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.DurableTask.Client;

namespace HpoServerless.Orchestrations;

/// <summary>Puts right what a crash, a deployment or a lost message left behind: experiments and trials that run only on paper are started again.</summary>
/// <remarks>Idempotent. Cost: one page of experiments after another, and for each running one its running trials.</remarks>
public sealed class Reconciler(IExperimentStore experiments, ExperimentCache cache, IInbox inbox, ITrialQueue queue, TimeProvider time)
{
    /// <summary>How long the histories of ended orchestrations are kept.</summary>
    public static readonly TimeSpan HistoryKept = TimeSpan.FromDays(7);

    private const int PageSize = 100;
    private const int InboxPage = 1000;

    /// <summary>Looks through all experiments once. One that cannot be put right does not keep the others from it.</summary>
    /// <exception cref="AggregateException">Some could not be put right now; holds why.</exception>
    public async Task<ReconcileReport> RunAsync(DurableTaskClient client, CancellationToken cancellation)
    {
        List<Exception> failures = [];
        int restarted = 0;
        int resent = 0;
        string? continuation = null;
        do
        {
            Engine.Ports.Page<ExperimentRecord> page = await experiments.ListAsync(new(PageSize, continuation), cancellation);
            foreach (ExperimentRecord experiment in page.Items.Where(e => !e.Summary.IsFinal))
            {
                try
                {
                    resent += await ResendAsync(client, experiment.Id, cancellation);
                    restarted += await RestartAsync(client, experiment, cancellation) ? 1 : 0;
                }
                catch (NotFoundException)
                {
                    // It was removed meanwhile.
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    failures.Add(new InvalidOperationException($"experiment '{experiment.Id}' could not be looked after", error));
                }
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);

        DateTimeOffset old = time.GetUtcNow() - HistoryKept;
        PurgeResult purged = await client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter(CreatedTo: old, Statuses: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated]),
            cancellation);
        return failures.Count == 0 ? new(restarted, resent, purged.PurgedInstanceCount) : throw new AggregateException(failures);
    }

    /// <summary>Starts the orchestration of an experiment, unless it lives.</summary>
    public static Task<bool> RestartAsync(DurableTaskClient client, ExperimentRecord experiment, CancellationToken cancellation) => TrialDispatcher.StartAsync(
        client, nameof(ExperimentOrchestrator), new ExperimentCursor(experiment.Id, experiment.Summary.Turn + 1), experiment.Id, cancellation);

    /// <summary>Sends the start of every running trial again whose orchestration is gone and whose end is not waiting in the inbox.</summary>
    private async Task<int> ResendAsync(DurableTaskClient client, string id, CancellationToken cancellation)
    {
        ExperimentState state = await cache.LatestAsync(id, cancellation);
        if (state.Running.IsEmpty)
        {
            return 0;
        }

        HashSet<string> ended = [.. (await inbox.ReadAsync(id, InboxPage, cancellation)).OfType<SegmentEnded>().Select(e => e.Id)];
        ImmutableArray<TrialMessage>.Builder messages = ImmutableArray.CreateBuilder<TrialMessage>();
        foreach (int number in state.Running)
        {
            SegmentId segment = new(id, number, state.TrialAt(number).Segment);
            if (!ended.Contains(segment.EndEventId) && !await TrialDispatcher.IsLiveAsync(client, segment.InstanceId, cancellation))
            {
                messages.Add(new(TrialMessageKind.Start, segment) { Site = state.TrialAt(number).Site });
            }
        }

        if (messages.Count > 0)
        {
            await queue.SendAsync(messages.ToImmutable(), cancellation);
        }

        return messages.Count;
    }
}

/// <summary>What one look through all experiments put right.</summary>
/// <param name="Restarted">Experiments whose orchestration was started again.</param>
/// <param name="Resent">Trials whose start was sent again.</param>
/// <param name="Purged">Old histories that were removed.</param>
public sealed record ReconcileReport(int Restarted, int Resent, int Purged);
