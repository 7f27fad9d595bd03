using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>A worker on a node that runs one segment without a connection, and is visited now and then.</summary>
/// <remarks>When the host ends, it goes on; a host after this one finds it by its record.</remarks>
internal sealed class DetachedWorker : TrialWorker
{
    private readonly DetachedPlace _place;
    private readonly DetachedFolder _folder;
    private readonly DetachedSegments _segments;
    private readonly DetachedVisitor _visitor;
    private readonly SshOptions _options;
    private readonly CancellationToken _hostEnds;
    private readonly CancellationTokenSource _leaving;
    private SegmentUnderWay? _underWay;
    private DetachedRecord? _record;
    private DetachedRecord? _intent;
    private volatile bool _ended;

    /// <param name="place">Where it runs; released at its end.</param>
    /// <param name="name">Its folder there.</param>
    /// <param name="scripts">Folder of the scripts that it serves.</param>
    /// <param name="segments">Remembers it.</param>
    /// <param name="options">The site's.</param>
    /// <param name="hostEnds">Leaves it alone.</param>
    public DetachedWorker(DetachedPlace place, string name, string? scripts, DetachedSegments segments, SshOptions options, CancellationToken hostEnds)
        : base(place, scripts)
    {
        _place = place;
        _segments = segments;
        _options = options;
        _hostEnds = hostEnds;
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(hostEnds);
        place.Folder = _folder = new(place.Machine, name);
        _visitor = new(place, _folder, options, () => Settled?.Invoke(), _leaving.Token);
    }

    /// <inheritdoc/>
    public override bool HasExited => _ended || _visitor.Exit.IsCompleted;

    public override SegmentUnderWay? UnderWay => _underWay;

    public override bool KeepsTime => true;

    /// <summary>Starts it, and waits until it is ready.</summary>
    /// <param name="work">The segment that it is to run.</param>
    /// <param name="patience">How long it may take to be ready.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="WorkerStartException">It cannot be started, or says something else than that it is ready.</exception>
    /// <exception cref="UnavailableException">The machine cannot be reached, or its disk fails.</exception>
    public async Task StartAsync(SegmentWork work, TimeSpan patience, CancellationToken cancellation)
    {
        KeepRequest request = new(_folder.Name, work.Definition.Limits.Time?.TotalSeconds, _options.AsyncTimeout?.TotalSeconds, (10 * patience).TotalSeconds);
        try
        {
            await _place.StartAsync(request, Scripts, () => Announce(work), cancellation);
            _visitor.Begin();
            ValueTask<WorkerEvent?> first = ReadAsync();
            switch (await first.AsTask().WaitAsync(patience, cancellation))
            {
                case WorkerEvent.Ready { Protocol: PythonWorker.ProtocolVersion }:
                    return;
                case null:
                    throw NotReady(await ExitAsync());
                default:
                    throw new WorkerStartException($"{_place.Interpreter} did not say that it is ready, with protocol {PythonWorker.ProtocolVersion}", _place.Advice);
            }
        }
        catch (Exception error)
        {
            await DisposeAsync();
            throw error is TimeoutException
                ? new WorkerStartException($"{_place.Interpreter} was not ready within {patience.TotalSeconds:0.#} s", _place.Advice)
                : error;
        }
    }

    /// <summary>Writes down that it may be there from now on.</summary>
    private void Announce(SegmentWork work) =>
        _segments.Announce(_intent = new(_place.Machine.Name, _folder.Name, work, Starts: 0, DateTimeOffset.UnixEpoch, Step: 0, LogFrom: 0));

    /// <summary>Looks for a worker that a host before this one started.</summary>
    /// <exception cref="UnavailableException">The machine cannot be reached.</exception>
    public Task<VisitAnswer> FindAsync() => _folder.VisitAsync(request => request, default, _leaving.Token);

    /// <summary>Begins to visit a worker that a host before this one started.</summary>
    /// <param name="record">What was written down.</param>
    /// <param name="log">Its log on this machine.</param>
    /// <param name="found">The first visit.</param>
    public void Resume(DetachedRecord record, string log, VisitAnswer found)
    {
        NextRun();
        _segments.Take(record);
        _record = record;
        _visitor.TimeLimit = record.Work.Definition.Limits.Time;
        _visitor.Inbox.At = found.Inbox;
        _visitor.Outbox.BeginAt(found.Taken.At);
        _folder.Log = (TrialFolders.LogIn(_place.FolderOf(record.Work.Segment)), log, record.LogFrom);
        _underWay = new(record.Work, record.Starts, record.StartedAt, _place.Beginning(record.Work.Segment, Math.Max(record.Step, found.Taken.Step)));
        _visitor.Begin();
    }

    /// <inheritdoc/>
    public override void Remember(SegmentUnderWay underWay)
    {
        string log = TrialFolders.LogIn(Path.GetDirectoryName(underWay.Beginning.Here)!);
        long from = File.Exists(log) ? new FileInfo(log).Length : 0;
        _folder.Log = (TrialFolders.LogIn(_place.FolderOf(underWay.Work.Segment)), log, from);
        _record = new(_place.Machine.Name, _folder.Name, underWay.Work, underWay.Starts, underWay.StartedAt, underWay.Beginning.Step, from);
        _visitor.TimeLimit = underWay.Work.Definition.Limits.Time;
        _segments.Remember(_record);
    }

    /// <inheritdoc/>
    public override void Conclude()
    {
        if (_record is not null)
        {
            _segments.Leave(_record);
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(ReadOnlyMemory<byte> line) => _visitor.Inbox.WriteAsync(line.Span);

    /// <inheritdoc/>
    public override async ValueTask<WorkerEvent?> ReadAsync()
    {
        _visitor.Outbox.Settle();
        while (await _visitor.Outbox.ReadAsync() is { } line)
        {
            if (!line.Span.StartsWith("{"u8))
            {
                continue; // a start-up file of the user's Python that prints
            }

            WorkerEvent said = WorkerEvent.Parse(line.Span);
            switch (said)
            {
                case WorkerEvent.Ready when _underWay is not null:
                    break;
                case WorkerEvent.Reported { Wait: true } asked when _visitor.Outbox.HasMore:
                    return asked with { Wait = false }; // it was answered by the host before this one
                case WorkerEvent.Ended:
                    _ended = true;
                    return said;
                default:
                    return said;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override void HangUp() => Kill();

    /// <inheritdoc/>
    public override void Kill()
    {
        if (!_hostEnds.IsCancellationRequested)
        {
            _visitor.Kill();
        }
    }

    /// <inheritdoc/>
    public override Task<WorkerExit> ExitAsync() => _visitor.Exit;

    /// <inheritdoc/>
    public override Task<string?> WhyLostAsync(WorkerExit exit) => Task.FromResult(_visitor.Lost);

    /// <inheritdoc/>
    public override string? LimitExceeded => _visitor.Limit;

    /// <summary>The error of a worker that ended before it was ready.</summary>
    public Exception NotReady(WorkerExit exit) => _visitor.Lost is { } lost ? new UnavailableException("the machine of the trial", lost) : EndedAtOnce(exit, _visitor.Words);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _visitor.EndAsync();
        if (!_hostEnds.IsCancellationRequested && (_record ?? _intent) is not null)
        {
            await RemoveAsync();
        }

        _leaving.Dispose();
        _visitor.Dispose();
        _folder.Dispose();
        _place.Release();
    }

    /// <summary>Leaves nothing on the node, or a note that something has to go.</summary>
    private async Task RemoveAsync()
    {
        try
        {
            string[] leftovers = _record is null ? [] : _place.Leftovers(_record.Work.Segment);
            await _folder.RemoveAsync(leftovers, _hostEnds, kill: !_ended);
            Release(isGone: true);
        }
        catch (Exception error) when (error is UnavailableException or IOException or OperationCanceledException)
        {
            Release(isGone: false);
        }
    }

    private void Release(bool isGone)
    {
        if ((_record ?? _intent) is { } record)
        {
            _segments.Release(record, isGone);
        }
    }
}
