using System.Collections.Immutable;
using System.Threading.Channels;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>Gathers starts that come at about the same time into requests of a hundred tasks.</summary>
/// <remarks>Its queue is bounded: who starts more waits. A start is done when the service has the task.</remarks>
internal sealed class StartGatherer : IAsyncDisposable
{
    private const int MaxWaiting = 2000;
    private const int MaxRequests = 4;
    private const int Tries = 3;

    private readonly Channel<Start> _waiting = Channel.CreateBounded<Start>(MaxWaiting);
    private readonly SemaphoreSlim _requests = new(MaxRequests);
    private readonly CancellationTokenSource _ending = new();
    private readonly IBatchClient _client;
    private readonly ExperimentJobs _jobs;
    private readonly TaskSpecs _specs;
    private readonly TimeSpan _window;
    private readonly TimeProvider _time;
    private readonly Task _pump;

    /// <param name="client">Takes the tasks.</param>
    /// <param name="jobs">Where they go.</param>
    /// <param name="specs">Writes them.</param>
    /// <param name="window">How long one waits for others.</param>
    /// <param name="time">The clock.</param>
    public StartGatherer(IBatchClient client, ExperimentJobs jobs, TaskSpecs specs, TimeSpan window, TimeProvider time)
    {
        (_client, _jobs, _specs, _window, _time) = (client, jobs, specs, window, time);
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>Has a task added.</summary>
    /// <returns>The job that has it.</returns>
    /// <exception cref="HpoException">The service refuses it.</exception>
    public async Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
    {
        Start start = new(work);
        await _waiting.Writer.WriteAsync(start, cancellation);
        return await start.Job.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _ending.CancelAsync();
        await _pump;
        for (int i = 0; i < MaxRequests; i++)
        {
            await _requests.WaitAsync(); // until the last request is over
        }

        while (_waiting.Reader.TryRead(out Start? left))
        {
            left.Job.TrySetCanceled();
        }

        _requests.Dispose();
        _ending.Dispose();
    }

    private async Task PumpAsync()
    {
        Dictionary<string, List<Start>> groups = new(StringComparer.Ordinal);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            using CancellationTokenSource window = new(_window, _time);
            do
            {
                while (_waiting.Reader.TryRead(out Start? start))
                {
                    string experiment = start.Work.Segment.Experiment;
                    if (!groups.TryGetValue(experiment, out List<Start>? group))
                    {
                        groups[experiment] = group = [];
                    }

                    group.Add(start);
                    if (group.Count == BatchRestClient.MaxTasksPerRequest)
                    {
                        groups.Remove(experiment);
                        await SendAsync(experiment, group);
                    }
                }
            }
            while (await ComesInTimeAsync(window.Token));

            foreach ((string experiment, List<Start> group) in groups)
            {
                await SendAsync(experiment, group);
            }

            groups.Clear();
        }
    }

    private async Task<bool> ComesInTimeAsync(CancellationToken window)
    {
        try
        {
            return await _waiting.Reader.WaitToReadAsync(window);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Sends a group as soon as fewer than the most requests are under way.</summary>
    private async Task SendAsync(string experiment, List<Start> group)
    {
        await _requests.WaitAsync();
        _ = Task.Run(async () =>
        {
            try
            {
                await AddAsync(experiment, group);
            }
            catch (Exception error)
            {
                group.ForEach(start => start.Job.TrySetException(error));
            }
            finally
            {
                _requests.Release();
            }
        });
    }

    private async Task AddAsync(string experiment, List<Start> group)
    {
        BatchTaskSpec[] tasks = [.. group.Select(start => _specs.Of(start.Work))];
        for (int left = Tries - 1; ; left--)
        {
            string job = await _jobs.OpenAsync(experiment, _ending.Token);
            try
            {
                ImmutableDictionary<string, BatchException> refused = await _client.AddTasksAsync(job, tasks, _ending.Token);
                for (int i = 0; i < tasks.Length; i++)
                {
                    if (refused.TryGetValue(tasks[i].Id, out BatchException? error))
                    {
                        group[i].Job.TrySetException(error);
                    }
                    else
                    {
                        group[i].Job.TrySetResult(job);
                    }
                }

                return;
            }
            catch (BatchException error) when (left > 0 && BatchCodes.IsClosedJob(error.Code))
            {
                _jobs.Close(experiment); // somebody ended it meanwhile
            }
        }
    }

    private sealed record Start(SegmentWork Work)
    {
        public TaskCompletionSource<string> Job { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
