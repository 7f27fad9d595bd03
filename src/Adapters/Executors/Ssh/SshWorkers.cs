using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Starts workers on the nodes of a site, each on the one that has most to spare.</summary>
internal sealed class SshWorkers(
    SshOptions options, ImmutableArray<SshMachine> machines, TrialFolders folders, TimeSpan patience, TimeProvider time, ILogger logger) : IWorkerHost
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();

    public async Task<PythonWorker> StartAsync(SegmentRun run, CancellationToken cancellation)
    {
        for (int tries = 1; ; tries++)
        {
            SshPlace place = await TakeAsync(run, cancellation);
            try
            {
                string command = await place.Machine.FurnishAsync(run.Scripts, cancellation);
                return await PythonWorker.StartAsync(place.Machine.Client.Start(command), place, run.Scripts, patience, time, logger, cancellation);
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

    /// <summary>A place on a node that does not rest.</summary>
    private async Task<SshPlace> TakeAsync(SegmentRun run, CancellationToken cancellation)
    {
        while (true)
        {
            lock (_gate)
            {
                DateTimeOffset now = time.GetUtcNow();
                if (machines.Where(m => m.RestsUntil <= now && m.Used < options.Slots).MinBy(m => m.Used) is { } machine)
                {
                    machine.Used++;
                    return new(machine, options, folders, Release, logger);
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
