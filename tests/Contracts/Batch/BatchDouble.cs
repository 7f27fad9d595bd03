using System.Collections.Concurrent;
using System.Xml;

namespace HpoServerless.Contracts.Batch;

/// <summary>A strict double of one Batch account: what the service would refuse, it refuses.</summary>
/// <remarks>Where <see cref="NodeFolder"/> is given, tasks really run, as processes of this machine; else a test says what becomes of them.</remarks>
public sealed class BatchDouble : IAsyncDisposable
{
    private readonly Dictionary<string, DoubleJob> _jobs = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Task> _runs = [];
    private readonly BatchDoubleServer _server;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, double> _shares = [];
    private readonly Random _random = new(1);
    private bool _ending;

    private BatchDouble(TimeProvider time)
    {
        _time = time;
        _server = new(this);
        AddPool("pool");
    }

    /// <summary>Where it is.</summary>
    public Uri Endpoint => _server.Endpoint;

    /// <summary>The only token that it takes.</summary>
    public string Token { get; } = "batch-token";

    /// <summary>Folder of its nodes; null: nothing really runs.</summary>
    public string? NodeFolder { get; init; }

    /// <summary>What nodes can fetch, by address.</summary>
    public ConcurrentDictionary<string, byte[]> Blobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Pools by id; there is one called pool.</summary>
    public Dictionary<string, DoublePool> Pools { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Requests so far: method, path and query.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Refusals that the next requests meet, whatever they ask for.</summary>
    public ConcurrentQueue<BatchRefusal> Refusals { get; } = new();

    /// <summary>Seconds that refusals ask clients to wait.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Share of requests that are refused with 503.</summary>
    public double BusyShare { get; set; }

    /// <summary>Share of tasks of a collection that are answered with an error of the server.</summary>
    public double ServerErrorShare { get; set; }

    /// <summary>Share of runs that end because their node is taken away.</summary>
    public double PreemptedShare { get; set; }

    /// <summary>Longest time after which a node is taken away.</summary>
    public TimeSpan PreemptedWithin { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Largest body that it takes.</summary>
    public int MaxBody { get; set; } = 1 << 20;

    /// <summary>Most rows of a page, whatever was asked for.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>Most active jobs.</summary>
    public int JobQuota { get; set; } = 300;

    /// <summary>How long removing a job takes.</summary>
    public TimeSpan DeletionTime { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often nodes were taken away under a task.</summary>
    public int Preempted { get; private set; }

    internal Lock Gate { get; } = new();

    internal TimeProvider Time => _time;

    /// <summary>Its jobs, those that are being removed included.</summary>
    public IReadOnlyList<DoubleJob> Jobs
    {
        get
        {
            lock (Gate)
            {
                return [.. _jobs.Values];
            }
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="nodeFolder">Folder of its nodes; null: nothing really runs.</param>
    /// <param name="time">Its clock; null for the system's.</param>
    public static async Task<BatchDouble> StartAsync(string? nodeFolder = null, TimeProvider? time = null)
    {
        BatchDouble made = new(time ?? TimeProvider.System) { NodeFolder = nodeFolder };
        await made._server.StartAsync();
        return made;
    }

    /// <summary>Carries requests to it, and trusts its certificate.</summary>
    public HttpMessageHandler CreateHandler() => CreateHandler(Certificate);

    /// <summary>Carries requests to one that may be in another process.</summary>
    /// <param name="certificate">Its <see cref="Certificate"/>.</param>
    public static HttpMessageHandler CreateHandler(string certificate) => BatchDoubleServer.CreateHandler(certificate);

    /// <summary>Hash of its certificate.</summary>
    public string Certificate => _server.Certificate;

    public DoublePool AddPool(string id) => Pools[id] = new(id);

    /// <summary>The task with this id, of whatever job.</summary>
    public DoubleTask Task(string id)
    {
        lock (Gate)
        {
            return _jobs.Values.Select(job => job.ById.GetValueOrDefault(id)).OfType<DoubleTask>().First();
        }
    }

    /// <summary>A task begins to run.</summary>
    public void Begin(DoubleTask task)
    {
        lock (Gate)
        {
            DoubleJob job = _jobs.Values.First(j => j.ById.GetValueOrDefault(task.Id) == task);
            Begin(job, task);
        }
    }

    /// <summary>All tasks that wait begin to run.</summary>
    public void BeginAll()
    {
        lock (Gate)
        {
            foreach (DoubleJob job in _jobs.Values)
            {
                foreach (DoubleTask task in job.InOrder.Where(t => t.State == "active"))
                {
                    Begin(job, task);
                }
            }
        }
    }

    /// <summary>A task's program ends.</summary>
    public void End(DoubleTask task, int exitCode)
    {
        lock (Gate)
        {
            EndRun(task, exitCode);
        }
    }

    /// <summary>A task fails without its program having run.</summary>
    public void Fail(DoubleTask task, string category, string code, string message)
    {
        lock (Gate)
        {
            Complete(task, null, (category, code, message));
        }
    }

    /// <summary>The node of a running task is taken away: the task waits for another.</summary>
    public void Preempt(DoubleTask task)
    {
        lock (Gate)
        {
            if (task.State != "running")
            {
                return;
            }

            Preempted++;
            task.RequeueCount++;
            Wait(task);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] runs;
        lock (Gate)
        {
            _ending = true;
            foreach (DoubleTask task in _jobs.Values.SelectMany(job => job.InOrder))
            {
                task.Deadline?.Dispose();
                task.Run?.Kill();
            }

            runs = [.. _runs];
        }

        await System.Threading.Tasks.Task.WhenAll(runs);
        await _server.DisposeAsync();
    }

    /// <summary>Call the following with the gate held.</summary>
    internal DoubleJob FindJob(string id) => _jobs.GetValueOrDefault(id) ?? throw new BatchRefusal(404, "JobNotFound");

    internal static DoubleTask FindTask(DoubleJob job, string id) => job.ById.GetValueOrDefault(id) ?? throw new BatchRefusal(404, "TaskNotFound");

    /// <summary>Whether this one is among a share of all: of a share of 0.2 every fifth.</summary>
    internal bool IsHit(string what, double share)
    {
        double sum = _shares.GetValueOrDefault(what) + share;
        bool hit = sum >= 1 - 1e-9;
        _shares[what] = hit ? sum - 1 : sum;
        return hit;
    }

    internal void Create(DoubleJob job)
    {
        if (_jobs.TryGetValue(job.Id, out DoubleJob? known))
        {
            throw known.State == "deleting" ? new BatchRefusal(409, "JobBeingDeleted") : new BatchRefusal(409, "JobExists");
        }

        if (!Pools.ContainsKey(job.Pool))
        {
            throw new BatchRefusal(404, "PoolNotFound");
        }

        if (_jobs.Values.Count(j => j.State == "active") >= JobQuota)
        {
            throw new BatchRefusal(409, "ActiveJobAndScheduleQuotaReached");
        }

        job.Changed = _time.GetUtcNow();
        _jobs[job.Id] = job;
    }

    internal void Terminate(DoubleJob job)
    {
        if (job.State is not ("active" or "disabling" or "disabled"))
        {
            throw Closed(job);
        }

        foreach (DoubleTask task in job.InOrder.Where(t => t.State != "completed"))
        {
            Complete(task, null, Ended);
        }

        (job.State, job.Changed) = ("completed", _time.GetUtcNow());
    }

    internal void Delete(DoubleJob job)
    {
        if (job.State == "deleting")
        {
            throw Closed(job);
        }

        foreach (DoubleTask task in job.InOrder.Where(t => t.State != "completed"))
        {
            Complete(task, null, Ended);
        }

        (job.State, job.Changed) = ("deleting", _time.GetUtcNow());
        _ = _time.CreateTimer(
            _ =>
            {
                lock (Gate)
                {
                    _jobs.Remove(job.Id);
                }
            },
            null,
            DeletionTime,
            Timeout.InfiniteTimeSpan);
    }

    internal void Add(DoubleJob job, DoubleTask task)
    {
        if (job.State != "active")
        {
            throw Closed(job);
        }

        if (Pools[job.Pool].ForContainers && task.Image is null)
        {
            throw new BatchRefusal(400, "ContainerSettingsRequired", "the pool takes tasks with containerSettings only");
        }

        if (!job.ById.TryAdd(task.Id, task))
        {
            throw new BatchRefusal(409, "TaskExists");
        }

        task.Changed = _time.GetUtcNow();
        job.InOrder.Add(task);
        FillSlots();
    }

    internal void Terminate(DoubleTask task)
    {
        if (task.State == "completed")
        {
            throw new BatchRefusal(409, "TaskCompleted");
        }

        Complete(task, null, Ended);
    }

    internal void Reactivate(DoubleJob job, DoubleTask task)
    {
        if (task.State != "completed" || task.Failure is null || job.State != "active")
        {
            throw new BatchRefusal(409, job.State == "active" ? "TaskNotCompleted" : "JobCompleted");
        }

        (task.RetryCount, task.RequeueCount) = (0, 0);
        Wait(task);
    }

    internal byte[]? ReadFile(DoubleJob job, DoubleTask task, string path)
    {
        if (task.NodeGone)
        {
            throw new BatchRefusal(409, "NodeNotReady");
        }

        if (task.Files.TryGetValue(path, out byte[]? known))
        {
            return known;
        }

        string file = Path.Combine(FolderOf(job, task), path);
        return NodeFolder is not null && File.Exists(file) ? File.ReadAllBytes(file) : null;
    }

    internal static TimeSpan? Duration(string? text)
    {
        try
        {
            return text is null ? null : XmlConvert.ToTimeSpan(text);
        }
        catch (FormatException)
        {
            throw BatchRefusal.Invalid($"{text} is no duration");
        }
    }

    private static (string, string, string) Ended => ("usererror", "TaskEnded", "Task was ended by user request");

    private static BatchRefusal Closed(DoubleJob job) =>
        new(409, job.State switch { "deleting" => "JobBeingDeleted", "terminating" => "JobTerminating", _ => "JobCompleted" });

    private string FolderOf(DoubleJob job, DoubleTask task) => Path.Combine(NodeFolder ?? "/nowhere", job.Id, task.Id);

    private void FillSlots()
    {
        if (NodeFolder is null || _ending)
        {
            return;
        }

        foreach (DoubleJob job in _jobs.Values.Where(j => j.State == "active"))
        {
            foreach (DoubleTask task in job.InOrder.Where(t => t.State == "active"))
            {
                int used = _jobs.Values.Where(j => j.Pool == job.Pool).SelectMany(j => j.InOrder).Where(t => t.State == "running").Sum(t => t.RequiredSlots);
                if (used + task.RequiredSlots > Pools[job.Pool].Slots)
                {
                    break;
                }

                Begin(job, task);
            }
        }
    }

    private void Begin(DoubleJob job, DoubleTask task)
    {
        task.StartTime = task.Changed = _time.GetUtcNow();
        task.State = "running";
        if (task.WallClock is { } limit)
        {
            task.Deadline = _time.CreateTimer(_ => Expire(task), null, limit, Timeout.InfiniteTimeSpan);
        }

        if (NodeFolder is null)
        {
            return;
        }

        try
        {
            task.Run = DoubleRun.Start(job, task, FolderOf(job, task), Blobs);
        }
        catch (FileNotFoundException error)
        {
            Complete(task, null, ("usererror", "BlobNotFound", error.Message));
            return;
        }

        _runs.Add(FollowAsync(task, task.Run));
        if (IsHit("preempted", PreemptedShare))
        {
            DoubleRun run = task.Run;
            _runs.Add(PreemptLaterAsync(task, run, PreemptedWithin * (0.3 + (0.7 * _random.NextDouble()))));
        }
    }

    private async Task FollowAsync(DoubleTask task, DoubleRun run)
    {
        int code = await run.EndAsync();
        lock (Gate)
        {
            if (task.Run == run && task.State == "running")
            {
                EndRun(task, code);
            }
        }
    }

    private async Task PreemptLaterAsync(DoubleTask task, DoubleRun run, TimeSpan after)
    {
        await System.Threading.Tasks.Task.Delay(after, _time);
        lock (Gate)
        {
            if (task.Run == run)
            {
                Preempt(task);
            }
        }
    }

    private void Expire(DoubleTask task)
    {
        lock (Gate)
        {
            if (task.State == "running")
            {
                Complete(task, null, ("usererror", "TaskEnded", "The maximum wall clock time was reached"));
            }
        }
    }

    private void EndRun(DoubleTask task, int code)
    {
        if (code != 0 && task.RetryCount < task.MaxRetries)
        {
            task.RetryCount++;
            Wait(task);
            return;
        }

        Complete(task, code, code == 0 ? null : ("usererror", "FailureExitCode", "The task exited with an exit code representing a failure"));
    }

    private void Wait(DoubleTask task)
    {
        Release(task);
        (task.State, task.Changed, task.StartTime, task.EndTime, task.ExitCode, task.Failure) = ("active", _time.GetUtcNow(), null, null, null, null);
        FillSlots();
    }

    private void Complete(DoubleTask task, int? exitCode, (string, string, string)? failure)
    {
        Release(task);
        DateTimeOffset now = _time.GetUtcNow();
        (task.State, task.Changed, task.EndTime, task.ExitCode, task.Failure) = ("completed", now, now, exitCode, failure);
        FillSlots();
    }

    private static void Release(DoubleTask task)
    {
        task.Deadline?.Dispose();
        task.Deadline = null;
        DoubleRun? run = task.Run;
        task.Run = null;
        run?.Kill();
    }
}
