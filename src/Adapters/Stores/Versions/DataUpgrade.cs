using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Stores.Versions;

/// <summary>Looks at the version of stored data before they are used: refuses newer ones, and makes older ones new, one process at a time.</summary>
/// <remarks>The process that works holds a lease on the mark. Where it dies, the next one takes over when the lease has run out, and runs the step from its start.</remarks>
/// <param name="rows">Where the mark lies.</param>
/// <param name="where">The data, for messages.</param>
/// <param name="current">Version that this program writes.</param>
/// <param name="steps">From each older version to the next.</param>
/// <param name="time">Clock of leases.</param>
/// <param name="log">Where migrations are told.</param>
internal sealed partial class DataUpgrade(IRowStore rows, string where, int current, ImmutableArray<DataStep> steps, TimeProvider time, ILogger log)
{
    /// <summary>How long a process that was not heard of keeps others away.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";

    /// <summary>Returns when the data have the program's version.</summary>
    /// <exception cref="DataVersionException">They are newer, or are being made so.</exception>
    /// <exception cref="UnavailableException">The storage does not answer.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (bool told = false; ;)
        {
            StoredRow? row = await rows.FindAsync(DataMark.Partition, DataMark.Key, cancellation);
            DataMark mark = row is null ? DataMark.Missing : DataMark.Read(row.Content, where);
            int found = Math.Max(mark.Version, mark.To ?? 0);
            if (found > current)
            {
                throw new DataVersionException(where, found, current, mark.Program);
            }

            if (mark.Version == current)
            {
                return;
            }

            if (mark.Owner is { } other && other != _owner && mark.Until > time.GetUtcNow())
            {
                if (!told)
                {
                    LogWaiting(where, mark.To ?? 0, other);
                    told = true;
                }

                await Task.Delay(Pause, time, cancellation);
                continue;
            }

            DataStep step = steps.Single(next => next.To == mark.Version + 1);
            DataMark claim = new(mark.Version, DataVersion.Program) { To = step.To, Owner = _owner, Until = time.GetUtcNow() + Lease };
            if (await PutAsync(claim, row, cancellation) is { } claimed)
            {
                await MakeAsync(step, claim, claimed, cancellation);
            }
        }
    }

    private async Task MakeAsync(DataStep step, DataMark claim, StoredRow claimed, CancellationToken cancellation)
    {
        LogBegun(where, step.To, step.What);
        using CancellationTokenSource working = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task work = step.RunAsync(working.Token);
        StoredRow? held = claimed;
        try
        {
            while (held is not null && await Task.WhenAny(work, Task.Delay(Lease / 3, time, working.Token)) != work)
            {
                cancellation.ThrowIfCancellationRequested();
                held = await PutAsync(claim with { Until = time.GetUtcNow() + Lease }, held, cancellation);
            }

            if (held is not null)
            {
                await work;
                await PutAsync(new(step.To, DataVersion.Program), held, cancellation);
                LogDone(where, step.To);
            }
        }
        finally
        {
            await working.CancelAsync();
            await Task.WhenAny(work); // nothing of it goes on while another process works
        }
    }

    private Task<StoredRow?> PutAsync(DataMark mark, StoredRow? before, CancellationToken cancellation) =>
        rows.PutAsync(DataMark.Partition, DataMark.Key, mark.Write(), before?.Version, cancellation);

    [LoggerMessage(2111, LogLevel.Information, "{Where}: data are made into version {Version}: {What}")]
    private partial void LogBegun(string where, int version, string what);

    [LoggerMessage(2112, LogLevel.Information, "{Where}: data have version {Version} now")]
    private partial void LogDone(string where, int version);

    [LoggerMessage(2113, LogLevel.Information, "{Where}: waits for {Owner}, which makes version {Version} of the data")]
    private partial void LogWaiting(string where, int version, string owner);
}
