using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Adapters.Grid.Panda;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>What is known of a site's tasks. One listing of what changed serves all who ask in the time that it is fresh.</summary>
internal sealed class PandaWatch(PandaClient client, TimeSpan fresh, TimeProvider time)
{
    private const int FirstPage = 500;
    private const int LargestPage = 50_000;

    /// <summary>By how much listings overlap: clocks differ, and changes can become visible late.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, PandaTask?> _tasks = [];
    private DateTimeOffset _oldest = DateTimeOffset.MaxValue;
    private DateTimeOffset _listedAt = DateTimeOffset.MinValue;
    private int _page = FirstPage;
    private Task? _listing;

    /// <summary>Wants to know of a task.</summary>
    public void Add(long task, DateTimeOffset began)
    {
        lock (_gate)
        {
            if (_tasks.TryAdd(task, null))
            {
                _oldest = began < _oldest ? began : _oldest;
            }
        }
    }

    /// <summary>A task that goes on although it had ended: what was known of it is not true any more.</summary>
    public void Renew(long task, DateTimeOffset began)
    {
        lock (_gate)
        {
            _tasks.Remove(task);
            _listedAt = DateTimeOffset.MinValue;
        }

        Add(task, began);
    }

    public void Remove(long task)
    {
        lock (_gate)
        {
            _tasks.Remove(task);
        }
    }

    /// <summary>What the last listing that showed a task said of it; null where none has.</summary>
    public PandaTask? Find(long task)
    {
        lock (_gate)
        {
            return _tasks.GetValueOrDefault(task);
        }
    }

    /// <summary>A task was asked for by itself.</summary>
    public void Set(PandaTask task)
    {
        lock (_gate)
        {
            _tasks[task.Id] = task;
        }
    }

    /// <summary>Has the tasks listed, unless what is known is fresh.</summary>
    /// <exception cref="PandaException">The server refuses, or does not answer.</exception>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        Task listing;
        lock (_gate)
        {
            if (_listing is null)
            {
                if (_tasks.Count == 0 || time.GetUtcNow() < _listedAt + fresh)
                {
                    return;
                }

                _listing = Task.Run(ListAsync, CancellationToken.None);
            }

            listing = _listing;
        }

        await listing.WaitAsync(cancellation);
    }

    private async Task ListAsync()
    {
        try
        {
            DateTimeOffset began = time.GetUtcNow();
            DateTimeOffset since;
            lock (_gate)
            {
                since = (_oldest < _listedAt ? _oldest : _listedAt == DateTimeOffset.MinValue ? _oldest : _listedAt) - Overlap;
            }

            ImmutableArray<JsonElement> rows;
            while ((rows = await client.ListAsync(since, null, _page, CancellationToken.None)).Length >= _page && _page < LargestPage)
            {
                _page *= 4; // the server cuts the listing off, and not at the oldest
            }

            lock (_gate)
            {
                foreach (PandaTask task in rows.Select(PandaTask.Read).OfType<PandaTask>())
                {
                    if (_tasks.ContainsKey(task.Id))
                    {
                        _tasks[task.Id] = task;
                    }
                }

                (_listedAt, _oldest) = (began, DateTimeOffset.MaxValue);
            }
        }
        finally
        {
            lock (_gate)
            {
                _listing = null;
            }
        }
    }
}
