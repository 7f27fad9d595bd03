using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>One experiment's journal, followed as a reader until something is to be written. Whoever calls holds <see cref="Gate"/>.</summary>
internal sealed class JournalExperiment(string id, JournalPaths paths, JournalOptions options) : IDisposable
{
    private JournalIndex _index = new();
    private JournalPosition _position;
    private JournalWriter? _writer;

    /// <summary>Held around every call.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whether another object took the place of this one.</summary>
    public bool Retired { get; private set; }

    /// <summary>Whether this process may write it now.</summary>
    public bool IsWriting => _writer is not null;

    /// <summary>When it was last used, for those that are kept open.</summary>
    public long LastUsed { get; private set; }

    /// <summary>What the journal says, as of <see cref="Refresh"/>.</summary>
    public JournalIndex Index => _index;

    /// <summary>Catches up with the file, which another process may be writing.</summary>
    /// <returns>False where there is no journal any more.</returns>
    /// <exception cref="CorruptDataException">The journal is damaged.</exception>
    public bool Refresh()
    {
        LastUsed = options.Time.GetTimestamp();
        if (IsWriting)
        {
            return true;
        }

        using SafeFileHandle? file = Disk.OpenRead(paths.Journal);
        if (file is null)
        {
            return false;
        }

        bool resumed = _position.Offset > 0;
        try
        {
            CatchUp(file);
        }
        catch (CorruptDataException) when (resumed)
        {
            // What was read before may belong to a tail that its writer has replaced since: only the whole file can tell.
            Forget();
            CatchUp(file);
        }

        return true;
    }

    public void Post(ExperimentEvent happened)
    {
        JournalWriter writer = Writer();
        if (!_index.IsWaiting(happened.Id))
        {
            writer.Append(happened);
            _index.Posted(happened);
            LetGoWhenFinal();
        }
    }

    public bool Commit(TurnCommit commit)
    {
        JournalWriter writer = Writer();
        bool next = commit.Turn.Number == _index.Turns + 1 && commit.Summary.CreatedAt == _index.Record.Summary.CreatedAt;
        if (next)
        {
            Extent place = writer.Append(commit, _index.Trials.FindKnown);
            _index.Committed(commit, place);
            writer.KeepSummary(_index.Record.Summary);
        }

        LetGoWhenFinal();
        return next;
    }

    /// <summary>Keeps a snapshot that was written into a buffer before.</summary>
    public void SaveSnapshot(ReadOnlySpan<byte> content)
    {
        Writer();
        Disk.Replace(paths.Snapshot, content, durable: false);
        LetGoWhenFinal();
    }

    public ExperimentSnapshot? FindSnapshot()
    {
        ExperimentSnapshot? snapshot = SealedFile.Read<ExperimentSnapshot>(paths.Snapshot);
        if (snapshot is not null ? snapshot.Summary.Turn <= _index.Turns : !File.Exists(paths.Snapshot))
        {
            return snapshot;
        }

        JournalLog.SnapshotUnusable(options.Log, paths.Snapshot);
        return null;
    }

    public Trial? FindTrial(int number) => WithRows(read => _index.Trials.Find(number, read));

    public Page<Trial> ListTrials(PageRequest page) => WithRows(read => _index.Trials.List(page, read));

    /// <summary>Moves the folder away, in one step, while no other process can write.</summary>
    public void MoveTo(string folder)
    {
        Writer();
        if (OperatingSystem.IsWindows())
        {
            LetGo(); // files that are open cannot be moved there
        }

        Directory.Move(paths.Folder, folder);
        Disk.SyncFolder(Path.GetDirectoryName(folder)!);
        Retire();
    }

    /// <summary>Lets go of all files; the object is not used any more.</summary>
    public void Retire()
    {
        Retired = true;
        LetGo();
    }

    public void Dispose()
    {
        lock (Gate)
        {
            Retire();
        }
    }

    /// <summary>Does something that may have to read rows of trials; opens the file when the first one is wanted.</summary>
    private T WithRows<T>(Func<Func<Extent, byte[]>, T> use)
    {
        SafeFileHandle? opened = null;
        try
        {
            return use(place => JournalLines.Read(_writer?.File ?? (opened ??= Disk.OpenRead(paths.Journal) ?? throw new FileNotFoundException(null, paths.Journal)), place));
        }
        catch (JsonException e)
        {
            throw new CorruptDataException(paths.Journal, e.Message, e);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private void CatchUp(SafeFileHandle file)
    {
        if (_position.Offset > 0 && !SummaryFile.Holds(_position, file))
        {
            Forget();
        }

        if (_position.Offset == 0 || RandomAccess.GetLength(file) > _position.Offset)
        {
            Scan(file);
        }
    }

    /// <returns>Bytes of the line that is not complete.</returns>
    private long Scan(SafeFileHandle file)
    {
        JournalScanner scanner = new(file, paths.Journal, _position);
        try
        {
            _index.Read(scanner, file, paths.Journal);
        }
        catch
        {
            Forget();
            throw;
        }

        _position = scanner.Position.Lines > 0
            ? scanner.Position
            : throw new CorruptDataException($"{paths.Journal}, line 1", "the experiment's definition must stand there");
        return scanner.TornBytes;
    }

    private void Forget()
    {
        _index = new();
        _position = default;
    }

    private JournalWriter Writer()
    {
        if (_writer is not null)
        {
            return _writer;
        }

        WriterLock held;
        try
        {
            held = WriterLock.Acquire(paths, id);
        }
        catch (DirectoryNotFoundException)
        {
            throw new NotFoundException("experiment", id);
        }

        JournalFile? file = null;
        try
        {
            file = options.OpenFile(paths.Journal);
            if (!SummaryFile.Holds(_position, file.Handle))
            {
                Forget();
            }

            long torn = Scan(file.Handle);
            if (torn > 0)
            {
                file.Truncate(_position.Offset);
                JournalLog.TornLineDropped(options.Log, paths.Journal, torn, _position.Lines);
            }

            return _writer = new(file, held, _position, paths, options);
        }
        catch
        {
            file?.Dispose();
            held.Dispose();
            throw;
        }
    }

    private void LetGoWhenFinal()
    {
        if (_index.Record.Summary.IsFinal)
        {
            LetGo();
        }
    }

    private void LetGo()
    {
        if (_writer is { } writer)
        {
            _position = writer.Position;
            _writer = null;
            writer.KeepLastSummary(_index.Record.Summary);
            writer.Dispose();
        }
    }
}
