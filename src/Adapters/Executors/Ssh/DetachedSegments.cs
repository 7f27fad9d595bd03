using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Remembers which segments run on the nodes of a site without a connection, in a file each, and ends those that nobody wants any more.</summary>
/// <param name="folder">Folder of this machine, for this site alone. What is to be ended is below <c>left/</c> until its node could be told.</param>
/// <param name="machines">The nodes.</param>
/// <param name="waitAfter">How long a node is left alone that could not be reached so often.</param>
/// <param name="logger">Hears what could not be ended.</param>
/// <param name="hostEnds">The next host goes on.</param>
internal sealed class DetachedSegments(
    string folder, ImmutableArray<SshMachine> machines, Func<int, TimeSpan> waitAfter, ILogger logger, CancellationToken hostEnds) : ISegmentMemory
{
    private readonly Lock _gate = new();
    private readonly string _left = Path.Join(folder, "left");
    private readonly HashSet<string> _here = [];

    public SegmentWork? Recall(SegmentId segment) => Find(segment)?.Work;

    /// <summary>What runs of a segment; null for nothing.</summary>
    public DetachedRecord? Find(SegmentId segment)
    {
        lock (_gate)
        {
            return Read(PathOf(segment));
        }
    }

    /// <summary>Writes down a worker that is about to be started: a host after this one ends it, unless a segment is given to it before.</summary>
    public void Announce(DetachedRecord record)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(_left);
            _here.Add(record.Name);
            Write(LeftPathOf(record), record);
        }
    }

    /// <summary>Writes down what is about to run on a worker of this host.</summary>
    public void Remember(DetachedRecord record)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(folder);
            Write(PathOf(record.Work.Segment), record);
            _here.Add(record.Name);
            File.Delete(LeftPathOf(record));
        }
    }

    /// <summary>A worker of this host looks after a segment.</summary>
    public void Take(DetachedRecord record)
    {
        lock (_gate)
        {
            _here.Add(record.Name);
        }
    }

    /// <summary>No worker of this host looks after a segment any more, which nobody wants.</summary>
    /// <param name="record">The segment.</param>
    /// <param name="isGone">Whether nothing is left of it on its node.</param>
    public void Release(DetachedRecord record, bool isGone)
    {
        Leave(record);
        lock (_gate)
        {
            _here.Remove(record.Name);
            if (isGone)
            {
                File.Delete(LeftPathOf(record));
            }
        }

        if (!isGone && machines.FirstOrDefault(m => m.Name == record.Node) is { } machine)
        {
            _ = InsistAsync(machine);
        }
    }

    /// <summary>Nobody wants a segment any more: it is ended as soon as its node can be told, unless a worker of this host does that.</summary>
    public void Leave(SegmentId segment)
    {
        if (Find(segment) is { } record)
        {
            Leave(record);
            if (machines.FirstOrDefault(m => m.Name == record.Node) is { } machine)
            {
                _ = InsistAsync(machine);
            }
        }
    }

    /// <summary>The same, without telling its node now.</summary>
    public void Leave(DetachedRecord record)
    {
        lock (_gate)
        {
            string path = PathOf(record.Work.Segment);
            if (Read(path)?.Name == record.Name)
            {
                Directory.CreateDirectory(_left);
                File.Move(path, LeftPathOf(record), overwrite: true);
            }
        }
    }

    public void LeaveAll(string experiment)
    {
        if (Directory.Exists(folder))
        {
            foreach (string path in Directory.GetFiles(folder, $"{experiment}_t*.json"))
            {
                if (Read(path) is { } record)
                {
                    Leave(record.Work.Segment);
                }
            }
        }
    }

    /// <summary>Ends what hosts before this one left, each as soon as its node can be reached.</summary>
    public void ResumeEndings()
    {
        if (Directory.Exists(_left))
        {
            foreach (string? node in Directory.GetFiles(_left, "*.json").Select(path => Read(path)?.Node).Distinct())
            {
                if (machines.FirstOrDefault(m => m.Name == node) is { } machine)
                {
                    _ = InsistAsync(machine);
                }
            }
        }
    }

    /// <summary>Ends what was left on a node. Never fails: what cannot be ended now is tried again.</summary>
    /// <returns>Whether nothing is left.</returns>
    public async Task<bool> SweepAsync(SshMachine machine)
    {
        if (!Directory.Exists(_left))
        {
            return true;
        }

        foreach (string path in Directory.GetFiles(_left, "*.json"))
        {
            if (Read(path) is { } record && record.Node == machine.Name && !IsHere(record))
            {
                try
                {
                    using DetachedFolder left = new(machine, record.Name);
                    await left.RemoveAsync([], hostEnds);
                    File.Delete(path);
                }
                catch (Exception error) when (!hostEnds.IsCancellationRequested)
                {
                    SshLog.LeftBehind(logger, record.Work.Segment, machine.Name, error);
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Ends what was left on a node, as soon as it can be reached.</summary>
    private async Task InsistAsync(SshMachine machine)
    {
        try
        {
            for (int failures = 1; !await SweepAsync(machine); failures++)
            {
                await Task.Delay(waitAfter(failures), hostEnds);
            }
        }
        catch (Exception) when (hostEnds.IsCancellationRequested)
        {
            // It is written down.
        }
    }

    private bool IsHere(DetachedRecord record)
    {
        lock (_gate)
        {
            return _here.Contains(record.Name);
        }
    }

    private static void Write(string path, DetachedRecord record)
    {
        File.WriteAllBytes($"{path}.part", JsonSerializer.SerializeToUtf8Bytes(record, EngineJson.Options));
        File.Move($"{path}.part", path, overwrite: true);
    }

    private static DetachedRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<DetachedRecord>(File.ReadAllBytes(path), EngineJson.Options);
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            return null;
        }
    }

    private string LeftPathOf(DetachedRecord record) => Path.Join(_left, $"{record.Name}.json");

    private string PathOf(SegmentId segment) => Path.Join(folder, $"{segment.InstanceId}.json");
}
