using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>The segment logs of all experiments; keeps those open that are in use.</summary>
internal sealed class SegmentLogs(TrialFolders folders) : IDisposable
{
    private const int MaxOpen = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Use> _open = new(StringComparer.Ordinal);

    /// <summary>The log of an experiment, open for writing until the lease is given back.</summary>
    /// <exception cref="IOException">Another host writes to it, or the disk fails.</exception>
    public Lease Borrow(string experiment)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(experiment, out Use? use))
            {
                CloseIdle();
                _open[experiment] = use = new(SegmentLog.Open(folders.SegmentLogOf(experiment)));
            }

            use.Count++;
            return new(this, use);
        }
    }

    /// <summary>What is known of a segment, without claiming its experiment.</summary>
    /// <exception cref="UnavailableException">Another host has claimed it, or the disk fails.</exception>
    public SegmentRecord Find(SegmentId segment)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(segment.Experiment, out Use? use))
            {
                return use.Log.Find(segment);
            }
        }

        string path = folders.SegmentLogOf(segment.Experiment);
        if (!File.Exists(path))
        {
            return default;
        }

        try
        {
            return SegmentRecord.ReadAll(File.ReadAllBytes(path)).GetValueOrDefault((segment.Trial, segment.Segment));
        }
        catch (IOException error)
        {
            throw new UnavailableException("the log of segments", $"{path} ({error.Message})", error);
        }
    }

    /// <summary>Nobody will ask for a segment again.</summary>
    public void Forget(SegmentId segment)
    {
        if (File.Exists(folders.SegmentLogOf(segment.Experiment)))
        {
            using Lease lease = Borrow(segment.Experiment);
            lease.Log.Forget(segment);
        }
    }

    /// <summary>Nobody will ask for an experiment again: its log and the folders of its trials go.</summary>
    /// <exception cref="UnavailableException">The disk fails.</exception>
    public void Remove(string experiment)
    {
        lock (_gate)
        {
            if (_open.Remove(experiment, out Use? use))
            {
                use.Log.Dispose();
            }
        }

        try
        {
            folders.Remove(experiment);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnavailableException("the folder of trials", error.Message, error);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Use use in _open.Values)
            {
                use.Log.Dispose();
            }

            _open.Clear();
        }
    }

    private void CloseIdle()
    {
        if (_open.Count < MaxOpen)
        {
            return;
        }

        foreach ((string experiment, Use use) in _open.Where(pair => pair.Value.Count == 0).ToArray())
        {
            use.Log.Dispose();
            _open.Remove(experiment);
        }
    }

    private void GiveBack(Use use)
    {
        lock (_gate)
        {
            use.Count--;
        }
    }

    /// <summary>Keeps a log open.</summary>
    internal readonly struct Lease(SegmentLogs logs, Use use) : IDisposable
    {
        public SegmentLog Log => use.Log;

        public void Dispose() => logs.GiveBack(use);
    }

    /// <summary>An open log and how many work with it.</summary>
    internal sealed class Use(SegmentLog log)
    {
        public SegmentLog Log => log;

        public int Count { get; set; }
    }
}
