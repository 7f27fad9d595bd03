using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The four experiment ports on journals.</summary>
/// <remarks>Calls do their work before they return: a commit is one write and one flush of a local disk, and handing it to another thread would cost more.</remarks>
internal sealed class JournalExperimentStore(JournalOptions options) : IExperimentStore, IInbox, ITurnStore, ITrialStore, IDisposable
{
    private readonly JournalFolder _folder = new(options);

    public async Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Try(() => _folder.Create(experiment));
    }

    public async Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Try(() => _folder.Find(id));
    }

    public async Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Try(() =>
        {
            Page<ExperimentKey> keys = Paging.Newest(_folder.Keys(), page);
            return new Page<ExperimentRecord>([.. keys.Items.Select(key => _folder.FindForList(key.Id)).OfType<ExperimentRecord>()], keys.Continuation);
        });
    }

    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Try(() => _folder.Delete(id));
    }

    public async Task PostAsync(string experiment, ExperimentEvent happened, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Change(experiment, journal =>
        {
            journal.Post(happened);
            return true;
        });
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(string experiment, int max, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Read(experiment, journal => journal.Index.Waiting(max), []);
    }

    public async Task<ImmutableArray<ExperimentEvent>> ReadAsync(SegmentId segment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Read(segment.Experiment, journal => journal.Index.Waiting(int.MaxValue, segment.EventPrefix), []);
    }

    public async Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Change(experiment, journal => journal.Commit(commit));
    }

    async IAsyncEnumerable<Turn> ITurnStore.ReadAsync(string experiment, int from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ImmutableArray<Extent> places = Read(experiment, journal => journal.Index.From(from), []);
        string path = _folder.PathsOf(experiment).Journal;
        using SafeFileHandle? file = places.IsEmpty ? null : Try(() => Disk.OpenRead(path));
        foreach (Extent place in file is null ? [] : places)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Try(() => ReadTurn(file!, place, path));
        }
    }

    public async Task SaveSnapshotAsync(string experiment, ExperimentSnapshot snapshot, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LineBuffer content = SealedFile.Encode(snapshot);
        Change(experiment, journal =>
        {
            journal.SaveSnapshot(content.Written);
            return true;
        });
    }

    public async Task<ExperimentSnapshot?> FindSnapshotAsync(string experiment, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Read(experiment, journal => journal.FindSnapshot(), null);
    }

    public async Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Read(experiment, journal => journal.FindTrial(number), null);
    }

    public async Task<Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Read(experiment, journal => journal.ListTrials(page), new([]));
    }

    public void Dispose() => _folder.Dispose();

    private static Turn ReadTurn(SafeFileHandle file, Extent place, string path)
    {
        try
        {
            return JournalLines.TurnOf(JournalLines.Read(file, place));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NotSupportedException)
        {
            throw new CorruptDataException($"{path}, byte {place.Offset}", e.Message, e);
        }
    }

    private T Read<T>(string id, Func<JournalExperiment, T> read, T missing) => Try(() => _folder.Use(id, read, missing));

    private T Change<T>(string id, Func<JournalExperiment, T> change) =>
        Try(() => _folder.Use(id, journal => (Done: true, Result: change(journal)), default)) is (true, var result)
            ? result
            : throw new NotFoundException("experiment", id);

    private T Try<T>(Func<T> action) => Disk.Try(options.Folder, action);
}
