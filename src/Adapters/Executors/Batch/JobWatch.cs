using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>What is known of the tasks of one job. One listing serves all who ask in the time that it is fresh.</summary>
/// <remarks>
/// After the first listing only tasks are listed that changed since, by the service's clock. From time to time all are listed,
/// so that a task that somebody deleted is missed.
/// </remarks>
internal sealed class JobWatch(IBatchClient client, string job, TimeSpan fresh, TimeProvider time) : IDisposable
{
    private const int RoundsPerFullListing = 60;
    private const int ForgottenKept = 20_000;

    /// <summary>By how much listings overlap, because changes can become visible late.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    /// <summary>How long an ended task is known that nobody here asks for.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, WatchedTask> _tasks = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _forgotten = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<string> _forgottenInOrder = new();
    private DateTimeOffset? _newest;
    private DateTimeOffset _listedAt = DateTimeOffset.MinValue;
    private Task? _listing;
    private int _rounds;

    /// <summary>Whether the service does not know the job (any more).</summary>
    public bool IsGone { get; private set; }

    /// <summary>Whether a task of it may still end.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _tasks.Values.Any(task => task.Segment is not null && (!task.IsCompleted || !task.Told));
            }
        }
    }

    /// <summary>What is known of a task; null for nothing.</summary>
    public BatchTask? StateOf(string task)
    {
        lock (_gate)
        {
            return _tasks.GetValueOrDefault(task)?.State;
        }
    }

    /// <summary>Does something with what is known of a task; makes a place for it where nothing is.</summary>
    public T With<T>(string task, Func<WatchedTask, T> action)
    {
        lock (_gate)
        {
            if (!_tasks.TryGetValue(task, out WatchedTask? known))
            {
                _tasks[task] = known = new();
            }

            return action(known);
        }
    }

    /// <summary>A task was added just now.</summary>
    public void Added(string task, SegmentId segment) => With(task, known =>
    {
        known.Segment = segment;
        known.AddedAt = known.State is null ? time.GetUtcNow() : known.AddedAt;
        return known.State ??= new(task, "active");
    });

    /// <summary>Nobody will ask for a task again.</summary>
    public void Forget(string task)
    {
        lock (_gate)
        {
            Miss(task);
            if (_forgotten.Add(task))
            {
                _forgottenInOrder.Enqueue(task);
            }

            if (_forgottenInOrder.Count > ForgottenKept)
            {
                _forgotten.Remove(_forgottenInOrder.Dequeue());
            }
        }
    }

    public bool IsForgotten(string task)
    {
        lock (_gate)
        {
            return _forgotten.Contains(task);
        }
    }

    /// <summary>A task is not there (any more).</summary>
    public void Miss(string task)
    {
        lock (_gate)
        {
            if (_tasks.Remove(task, out WatchedTask? known))
            {
                known.Grace?.Dispose();
            }
        }
    }

    /// <summary>What is known is out of date: who asks next has it listed anew.</summary>
    public void Spoil()
    {
        lock (_gate)
        {
            _listedAt = DateTimeOffset.MinValue;
        }
    }

    /// <summary>Has the tasks listed, unless what is known is fresh.</summary>
    /// <exception cref="BatchException">The service refuses.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        Task listing;
        lock (_gate)
        {
            if (_listing is null)
            {
                if (IsGone || time.GetUtcNow() < _listedAt + fresh)
                {
                    return;
                }

                _listing = Task.Run(ListAsync, CancellationToken.None);
            }

            listing = _listing;
        }

        await listing.WaitAsync(cancellation);
    }

    /// <summary>Asks for one task that no listing showed.</summary>
    public async Task<BatchTask?> LookUpAsync(string task, CancellationToken cancellation) =>
        IsGone || await client.FindTaskAsync(job, task, cancellation) is not { } found ? null : With(task, known => known.State = found);

    /// <summary>The tasks that have ended and whose segments wait to hear of it. Each is given once.</summary>
    public ImmutableArray<SegmentId> TakeEnded()
    {
        lock (_gate)
        {
            ImmutableArray<SegmentId>.Builder ended = ImmutableArray.CreateBuilder<SegmentId>();
            foreach (WatchedTask task in _tasks.Values)
            {
                if (task is { Segment: { } segment, Told: false, IsCompleted: true })
                {
                    task.Told = true;
                    ended.Add(segment);
                }
            }

            return ended.DrainToImmutable();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            IsGone = true;
            foreach (WatchedTask task in _tasks.Values)
            {
                task.Grace?.Dispose();
            }

            _tasks.Clear();
        }
    }

    private async Task ListAsync()
    {
        try
        {
            DateTimeOffset began = time.GetUtcNow();
            bool full = _newest is null || ++_rounds % RoundsPerFullListing == 0;
            HashSet<string>? seen = null;
            HashSet<string>? expected = null;
            if (full)
            {
                seen = new(StringComparer.OrdinalIgnoreCase);
                lock (_gate)
                {
                    expected = new(_tasks.Keys, StringComparer.OrdinalIgnoreCase);
                }
            }

            await foreach (ImmutableArray<BatchTask> page in client.ListTasksAsync(job, full ? null : _newest - Overlap, CancellationToken.None))
            {
                Take(page, seen);
            }

            if (seen is not null)
            {
                expected!.ExceptWith(seen);
                foreach (string missing in expected)
                {
                    Miss(missing);
                }
            }

            lock (_gate)
            {
                _listedAt = began;
                Doubt(began);
                Prune();
            }
        }
        catch (BatchException error) when (error.Code == BatchCodes.JobNotFound)
        {
            Dispose();
        }
        finally
        {
            lock (_gate)
            {
                _listing = null;
            }
        }
    }

    private void Take(ImmutableArray<BatchTask> page, HashSet<string>? seen)
    {
        lock (_gate)
        {
            foreach (BatchTask task in page)
            {
                seen?.Add(task.Id);
                if (_newest is null || task.StateTransitionTime > _newest)
                {
                    _newest = task.StateTransitionTime;
                }

                if (_tasks.TryGetValue(task.Id, out WatchedTask? known))
                {
                    if (known.State is null || task.StateTransitionTime >= known.State.StateTransitionTime)
                    {
                        known.State = Slim(task);
                        known.AddedAt = null;
                    }
                }
                else if (_forgotten.Contains(task.Id))
                {
                    continue;
                }
                else if (!task.IsCompleted || task.StateTransitionTime > time.GetUtcNow() - Remembered)
                {
                    _tasks[task.Id] = new() { State = Slim(task) };
                }
            }
        }
    }

    /// <summary>Without what is of no interest while it runs, because there may be many.</summary>
    private static BatchTask Slim(BatchTask task) =>
        task.IsCompleted || task.ExecutionInfo is { RequeueCount: > 0 } or { RetryCount: > 0 } ? task : task with { ExecutionInfo = null };

    /// <summary>A task that was added before a listing which does not show it had been there long before, and may have ended: it is asked for by itself.</summary>
    private void Doubt(DateTimeOffset began)
    {
        foreach (WatchedTask task in _tasks.Values)
        {
            if (task.AddedAt < began)
            {
                (task.State, task.AddedAt) = (null, null);
            }
        }
    }

    private void Prune()
    {
        DateTimeOffset old = time.GetUtcNow() - Remembered;
        List<string> left = [.. _tasks.Where(t => t.Value is { IsCompleted: true, Segment: null } or { IsCompleted: true, Told: true }
            && t.Value.State!.StateTransitionTime < old).Select(t => t.Key)];
        left.ForEach(id => _tasks.Remove(id));
    }
}
