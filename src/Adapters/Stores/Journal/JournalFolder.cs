using System.Buffers;
using System.Collections.Concurrent;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The folder of all experiments: <c>experiments/ID/</c>. Folders that begin with a dot are being created or removed.</summary>
internal sealed class JournalFolder(JournalOptions options) : IDisposable
{
    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, JournalExperiment> _open = new(StringComparer.Ordinal);
    private readonly string _folder = Path.Combine(options.Folder, "experiments");
    private volatile bool _disposed;
    private volatile bool _cleaned;

    public JournalPaths PathsOf(string id) => new(Path.Combine(_folder, id));

    public bool Create(ExperimentRecord experiment)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsId(experiment.Id))
        {
            throw new InvalidInputException(new Fault("id", $"\"{experiment.Id}\"", "must be 1 to 64 of a-z, 0-9 and -"));
        }

        JournalPaths final = PathsOf(experiment.Id);
        if (Directory.Exists(final.Folder))
        {
            return false;
        }

        // All at once: a folder with a journal of one line, moved to its name.
        RemoveLeftovers();
        JournalPaths made = new(Path.Combine(_folder, $".new-{experiment.Id}-{Guid.NewGuid():N}"));
        Directory.CreateDirectory(made.Folder);
        try
        {
            using (JournalEncoder encoder = new())
            {
                encoder.Header(experiment);
                Disk.Write(made.Journal, encoder.Line, durable: true);
            }

            Disk.SyncFolder(made.Folder);
            Directory.Move(made.Folder, final.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(made.Folder);
            if (Directory.Exists(final.Folder))
            {
                return false; // another was faster
            }

            throw;
        }

        Disk.SyncFolder(_folder);
        return true;
    }

    public ExperimentRecord? Find(string id)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return !IsId(id) ? null
            : _open.ContainsKey(id) ? Use(id, journal => journal.Index.Record, null)
            : JournalGlance.Record(PathsOf(id), options);
    }

    /// <summary>As <see cref="Find"/>, but one damaged experiment does not hide the others.</summary>
    public ExperimentRecord? FindForList(string id) => OrLeaveOut(id, Find);

    /// <summary>All experiments, in no order.</summary>
    public IEnumerable<ExperimentKey> Keys() => !Directory.Exists(_folder)
        ? []
        : new DirectoryInfo(_folder).EnumerateDirectories().Select(folder => folder.Name).Where(IsId)
            .Select(id => OrLeaveOut(id, found => JournalGlance.Key(PathsOf(found)))).OfType<ExperimentKey>();

    public bool Delete(string id)
    {
        string grave = Path.Combine(_folder, $".deleted-{id}-{Guid.NewGuid():N}");
        bool moved = Use(
            id,
            journal =>
            {
                journal.MoveTo(grave);
                return true;
            },
            false);
        if (moved)
        {
            Remove(grave);
        }

        return moved;
    }

    /// <summary>Does something with an experiment while nothing else in this process does.</summary>
    /// <returns>What it returned; <paramref name="missing"/> where there is no such experiment.</returns>
    public T Use<T>(string id, Func<JournalExperiment, T> use, T missing)
    {
        while (IsId(id))
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_open.TryGetValue(id, out JournalExperiment? journal))
            {
                if (!File.Exists(PathsOf(id).Journal))
                {
                    break;
                }

                journal = _open.GetOrAdd(id, static (id, self) => new(id, self.PathsOf(id), self.Options), this);
                RetireOthers(journal);
            }

            lock (journal.Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this); // again: whatever enters before the end is let go of by it
                if (journal is { Retired: false } && !journal.Refresh())
                {
                    journal.Retire();
                }

                if (!journal.Retired)
                {
                    return UseOnce(journal, use, id);
                }
            }

            _open.TryRemove(new(id, journal));
        }

        return missing;
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (JournalExperiment journal in _open.Values)
        {
            journal.Dispose();
        }

        _open.Clear();
    }

    private JournalOptions Options => options;

    private static bool IsId(string id) => id.Length is >= 1 and <= 64 && !id.AsSpan().ContainsAnyExcept(IdCharacters);

    private T UseOnce<T>(JournalExperiment journal, Func<JournalExperiment, T> use, string id)
    {
        T result = use(journal);
        if (journal.Retired)
        {
            _open.TryRemove(new(id, journal));
        }

        return result;
    }

    /// <summary>Forgets experiments that were not used for long and are not being written.</summary>
    private void RetireOthers(JournalExperiment opened)
    {
        if (_open.Count <= options.KeptOpen)
        {
            return;
        }

        foreach ((string id, JournalExperiment journal) in _open.Where(e => e.Value != opened && !e.Value.IsWriting).OrderByDescending(e => e.Value.LastUsed).Skip(options.KeptOpen / 2))
        {
            if (!journal.Gate.TryEnter())
            {
                continue;
            }

            try
            {
                if (!journal.IsWriting)
                {
                    journal.Retire();
                    _open.TryRemove(new(id, journal));
                }
            }
            finally
            {
                journal.Gate.Exit();
            }
        }
    }

    /// <summary>Removes what processes left behind that died while they created or removed an experiment. Once is enough.</summary>
    private void RemoveLeftovers()
    {
        if (_cleaned || !Directory.Exists(_folder))
        {
            return;
        }

        _cleaned = true;
        DateTime old = options.Time.GetUtcNow().UtcDateTime - LeftoverAge;
        foreach (DirectoryInfo folder in new DirectoryInfo(_folder).EnumerateDirectories(".*").Where(folder => folder.LastWriteTimeUtc < old))
        {
            Remove(folder.FullName);
        }
    }

    private T? OrLeaveOut<T>(string id, Func<string, T?> read)
        where T : class
    {
        try
        {
            return read(id);
        }
        catch (CorruptDataException e)
        {
            JournalLog.LeftOut(options.Log, id, e.Message);
            return null;
        }
    }

    private void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing to remove.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalLog.LeftBehind(options.Log, folder, e.Message);
        }
    }
}
