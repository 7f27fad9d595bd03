using HpoServerless.Adapters.Stores.Versions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The embedded store: everything as plain files in one data folder, without any server.</summary>
/// <remarks>
/// <para>Experiments are append-only journals under <c>experiments/</c>; a commit is on the disk before it returns. Projects are JSON files under <c>projects/</c>, artifacts files under <c>artifacts/</c>, rows under <c>rows/</c>, the audit log under <c>audit/</c>.</para>
/// <para>Any number of processes may read at the same time. One at a time may write an experiment: the first that does, until the experiment ends, the store is disposed or the process dies;
/// for others, writing is a <see cref="Engine.Errors.ConflictException"/> that names the process.</para>
/// <para>After a crash nothing that was committed is lost. A last line that is not complete is dropped, and logged; any other damage is a <see cref="Engine.Errors.CorruptDataException"/> that names file and line.</para>
/// <para>Memory: the trials of the experiments in use, and 16 bytes a turn.</para>
/// </remarks>
public sealed class JournalStores : IDisposable
{
    private readonly JournalExperimentStore _experiments;

    /// <summary>Stores in a folder, which is created with the first thing that is written.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="time">Paces the summary files of running experiments.</param>
    /// <param name="log">Where repairs are told; null for nowhere.</param>
    /// <exception cref="Engine.Errors.DataVersionException">A newer program wrote the folder.</exception>
    public JournalStores(string dataFolder, TimeProvider time, ILogger? log = null)
        : this(new JournalOptions(Path.GetFullPath(dataFolder), time, log ?? NullLogger.Instance))
    {
    }

    internal JournalStores(JournalOptions options)
    {
        FileRowStore rows = new(options.Folder);
        new DataUpgrade(rows, $"data folder {options.Folder}", DataVersion.Current, [], options.Time, options.Log).RunAsync(CancellationToken.None).GetAwaiter().GetResult();
        _experiments = new(options);
        All = new(
            _experiments,
            _experiments,
            _experiments,
            _experiments,
            new FileProjectStore(options.Folder),
            new FileArtifactStore(options.Folder),
            rows,
            new FileAuditStore(options.Folder));
    }

    /// <summary>All ports, for any number of threads.</summary>
    public StoreSet All { get; }

    /// <summary>Lets go of all files and of the right to write them. Calls after it fail.</summary>
    public void Dispose() => _experiments.Dispose();
}
