using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Starts workers on the nodes of a site, each on the one that has most to spare.</summary>
internal sealed class SshWorkers(
    SshOptions options,
    ImmutableArray<SshMachine> machines,
    DetachedSegments? detached,
    TrialFolders folders,
    TimeSpan patience,
    TimeProvider time,
    ILogger logger) : IWorkerHost
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();

    public async Task<TrialWorker> StartAsync(SegmentRun run, CancellationToken cancellation)
    {
        if (detached?.Find(run.Segment) is { } record && await ResumeAsync(run, record, cancellation) is { } found)
        {
            return found;
        }

        for (int tries = 1; ; tries++)
        {
            SshMachine machine = await TakeAsync(run, cancellation);
            SshPlace place = detached is null ? new SshPlace(machine, options, folders, Release, logger) : PlaceOn(machine);
            try
            {
                if (place is DetachedPlace kept)
                {
                    return await StartKeptAsync(run, kept, cancellation);
                }

                string command = (await machine.FurnishAsync(run.Scripts, cancellation)).Command;
                return await PythonWorker.StartAsync(machine.Client.Start(command), place, run.Scripts, patience, time, logger, cancellation);
            }
            catch (UnavailableException error)
            {
                place.Release();
                place.Machine.RestsUntil = time.GetUtcNow() + options.ReconnectWait;
                SshLog.NodeRests(logger, place.Machine.Name, options.ReconnectWait.TotalSeconds, error);
                if (tries >= options.MaxRetries)
                {
                    throw;
                }
            }
            catch
            {
                place.Release();
                throw;
            }
        }
    }

    /// <summary>Finds a worker that a host before this one started.</summary>
    /// <returns>Null where it did not get as far as running the segment, or is not to.</returns>
    /// <exception cref="UnavailableException">Its node cannot be reached.</exception>
    private async Task<TrialWorker?> ResumeAsync(SegmentRun run, DetachedRecord record, CancellationToken cancellation)
    {
        if (machines.FirstOrDefault(m => m.Name == record.Node) is not { } machine)
        {
            detached!.Leave(record);
            throw new UnavailableException($"the node {record.Node}", $"it is no longer one of the site {options.Site}");
        }

        if (record.Work.Attempt < run.Work.Attempt)
        {
            detached!.Leave(record); // it was given up
            return null;
        }

        lock (_gate)
        {
            machine.Used++;
        }

        DetachedWorker worker = new(PlaceOn(machine), record.Name, run.Scripts, detached!, options, cancellation);
        for (int failures = 1; ; failures++)
        {
            try
            {
                VisitAnswer found = await worker.FindAsync();
                if (!found.Missing && found.Inbox > 0)
                {
                    worker.Resume(record, TrialFolders.LogIn(folders.Of(run.Segment)), found);
                    return worker;
                }

                detached!.Leave(record);
                worker.Place.Release();
                return null;
            }
            catch (UnavailableException) when (failures < options.MaxRetries)
            {
                await Task.Delay(options.WaitAfter(failures), time, cancellation);
            }
            catch (UnavailableException)
            {
                detached!.Leave(record);
                worker.Place.Release();
                throw;
            }
        }
    }

    /// <summary>Starts a worker that needs no connection, and waits until it is ready.</summary>
    private async Task<TrialWorker> StartKeptAsync(SegmentRun run, DetachedPlace place, CancellationToken cancellation)
    {
        string name = $"{run.Segment.InstanceId}-{Guid.NewGuid():N}"[..^24];
        DetachedWorker worker = new(place, name, run.Scripts, detached!, options, cancellation);
        await detached!.SweepAsync(place.Machine);
        await worker.StartAsync(run.Work, patience, cancellation);
        return worker;
    }

    private DetachedPlace PlaceOn(SshMachine machine) => new(machine, options, folders, Release, time, logger);

    /// <summary>A node that does not rest, and has a place.</summary>
    private async Task<SshMachine> TakeAsync(SegmentRun run, CancellationToken cancellation)
    {
        while (true)
        {
            lock (_gate)
            {
                DateTimeOffset now = time.GetUtcNow();
                if (machines.Where(m => m.RestsUntil <= now && m.Used < options.Slots).MinBy(m => m.Used) is { } machine)
                {
                    machine.Used++;
                    return machine;
                }
            }

            if (run.Interrupted is not null)
            {
                throw new UnavailableException($"the site {options.Site}", "no node can be reached");
            }

            await Task.Delay(Glance, time, cancellation);
        }
    }

    private void Release(SshPlace place)
    {
        lock (_gate)
        {
            place.Machine.Used--;
        }
    }
}
