using System.Buffers;
using System.Globalization;
using System.Threading.Channels;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>A worker on a node that runs one segment without a connection, and is visited now and then.</summary>
/// <remarks>When the host ends, it goes on; a host after this one finds it by its record.</remarks>
internal sealed class DetachedWorker : TrialWorker
{
    private const int OutboxPart = 4 << 20;
    private const int MaxUnread = 10_000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly DetachedPlace _place;
    private readonly DetachedFolder _folder;
    private readonly DetachedSegments _segments;
    private readonly SshOptions _options;
    private readonly CancellationToken _hostEnds;
    private readonly CancellationTokenSource _leaving;
    private readonly Channel<(ReadOnlyMemory<byte> Line, long End)> _lines = Channel.CreateUnbounded<(ReadOnlyMemory<byte>, long)>();
    private readonly TaskCompletionSource<WorkerExit> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _rest = new();
    private Task _visiting = Task.CompletedTask;
    private Parcel _outgoing = new();
    private Parcel _parcel = new();
    private SegmentUnderWay? _underWay;
    private DetachedRecord? _record;
    private DetachedRecord? _intent;
    private long _inboxAt;
    private long _outboxAt;
    private long _read;
    private long _handled;
    private bool _more;
    private volatile bool _killed;
    private volatile bool _ended;
    private string? _lost;
    private string? _limit;
    private string? _words;

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
    }

    /// <inheritdoc/>
    public override bool HasExited => _ended || _over.Task.IsCompleted;

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
            Begin();
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

    private void Begin() => _visiting = Task.Run(VisitAsync, CancellationToken.None);

    /// <summary>Begins to visit a worker that a host before this one started.</summary>
    /// <param name="record">What was written down.</param>
    /// <param name="log">Its log on this machine.</param>
    /// <param name="found">The first visit.</param>
    public void Resume(DetachedRecord record, string log, VisitAnswer found)
    {
        NextRun();
        _segments.Take(record);
        _record = record;
        _inboxAt = found.Inbox;
        _outboxAt = _read = _handled = found.Taken.At;
        _folder.Log = (TrialFolders.LogIn(_place.FolderOf(record.Work.Segment)), log, record.LogFrom);
        _underWay = new(record.Work, record.Starts, record.StartedAt, _place.Beginning(record.Work.Segment, Math.Max(record.Step, found.Taken.Step)));
        Begin();
    }

    /// <inheritdoc/>
    public override void Remember(SegmentUnderWay underWay)
    {
        string log = TrialFolders.LogIn(Path.GetDirectoryName(underWay.Beginning.Here)!);
        long from = File.Exists(log) ? new FileInfo(log).Length : 0;
        _folder.Log = (TrialFolders.LogIn(_place.FolderOf(underWay.Work.Segment)), log, from);
        _record = new(_place.Machine.Name, _folder.Name, underWay.Work, underWay.Starts, underWay.StartedAt, underWay.Beginning.Step, from);
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
    public override Task WriteAsync(ReadOnlyMemory<byte> line)
    {
        lock (_gate)
        {
            if (_over.Task.IsCompleted)
            {
                return Task.FromException(new IOException("the worker is gone"));
            }

            _outgoing.Lines.Write(line.Span);
            _wake.Release();
            return _outgoing.Brought.Task;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<WorkerEvent?> ReadAsync()
    {
        Interlocked.Exchange(ref _handled, _read);
        while (await _lines.Reader.WaitToReadAsync(CancellationToken.None))
        {
            (ReadOnlyMemory<byte> line, _read) = await _lines.Reader.ReadAsync(CancellationToken.None);
            if (!line.Span.StartsWith("{"u8))
            {
                continue; // a start-up file of the user's Python that prints
            }

            WorkerEvent said = WorkerEvent.Parse(line.Span);
            switch (said)
            {
                case WorkerEvent.Ready when _underWay is not null:
                    break;
                case WorkerEvent.Reported { Wait: true } asked when Volatile.Read(ref _more) || _lines.Reader.TryPeek(out _):
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
            _killed = true;
            _wake.Release();
        }
    }

    /// <inheritdoc/>
    public override Task<WorkerExit> ExitAsync() => _over.Task;

    /// <inheritdoc/>
    public override Task<string?> WhyLostAsync(WorkerExit exit) => Task.FromResult(_lost);

    /// <inheritdoc/>
    public override string? LimitExceeded => _limit;

    /// <summary>The error of a worker that ended before it was ready.</summary>
    public Exception NotReady(WorkerExit exit) => _lost is { } lost ? new UnavailableException("the machine of the trial", lost) : EndedAtOnce(exit, _words);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await _visiting;
        if (!_hostEnds.IsCancellationRequested && (_record ?? _intent) is not null)
        {
            await RemoveAsync();
        }

        _leaving.Dispose();
        _wake.Dispose();
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

    private async Task VisitAsync()
    {
        WorkerExit exit = new(SshClient.BrokenCode);
        try
        {
            exit = await VisitUntilOverAsync();
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            // It goes on without this host, or nobody wants it.
        }
        catch (Exception error)
        {
            _lost = $"the host could not follow it: {error.Message}";
        }

        lock (_gate)
        {
            _over.TrySetResult(exit);
            _outgoing.Refuse();
            _parcel.Refuse();
        }

        _lines.Writer.Complete();
    }

    private async Task<WorkerExit> VisitUntilOverAsync()
    {
        TimeSpan pause = FirstPause;
        int failures = 0;
        while (true)
        {
            if (failures > 0)
            {
                await Task.Delay(_options.WaitAfter(failures), _leaving.Token);
            }

            for (TimeSpan wait = failures > 0 ? TimeSpan.Zero : pause; await _wake.WaitAsync(wait, _leaving.Token); wait = TimeSpan.Zero)
            {
                pause = FirstPause; // something is to be said
            }

            try
            {
                ReadOnlyMemory<byte> lines = TakeOutgoing();
                VisitAnswer answer = await _folder.VisitAsync(Ask, lines, _leaving.Token);
                failures = 0;
                _inboxAt += lines.Length;
                _parcel.Brought.TrySetResult();
                if (Hear(answer) is { } exit)
                {
                    return exit;
                }

                pause = Next(pause, answer);
            }
            catch (UnavailableException error)
            {
                if (++failures >= _options.MaxRetries)
                {
                    _lost = $"{_place.Machine.Name} could not be reached {failures} times in a row: {error.Message}";
                    return new(SshClient.BrokenCode);
                }
            }
        }
    }

    /// <summary>What is to be brought: what could not be brought the last time, else what was said since.</summary>
    private ReadOnlyMemory<byte> TakeOutgoing()
    {
        lock (_gate)
        {
            if (_parcel.Brought.Task.IsCompleted || _parcel.Lines.WrittenCount == 0)
            {
                (_parcel, _outgoing) = (_outgoing, new());
            }

            return _parcel.Lines.WrittenMemory;
        }
    }

    private VisitRequest Ask(VisitRequest request)
    {
        long handled = Interlocked.Read(ref _handled);
        return request with
        {
            InboxAt = _inboxAt,
            OutboxAt = _outboxAt,
            OutboxMax = _lines.Reader.Count < MaxUnread ? OutboxPart : 0,
            Taken = Settled?.Invoke() is { } step ? new VisitTaken(handled, step) : null,
            Kill = _killed,
        };
    }

    /// <summary>Takes in what was found.</summary>
    /// <returns>How it ended; null where it did not.</returns>
    private WorkerExit? Hear(VisitAnswer answer)
    {
        if (answer.Missing)
        {
            _lost = $"its folder on {_place.Machine.Name} is gone";
            return new(SshClient.BrokenCode);
        }

        Volatile.Write(ref _more, answer.More);
        Cut(answer.Said);
        if (answer.Kept || answer.More)
        {
            return null;
        }

        _words = answer.Words is { Length: > 0 } words ? words : null;
        if (answer.State is not { } state)
        {
            _lost = $"it was killed from outside on {_place.Machine.Name}, with the process that keeps it, or the machine was started anew";
            return new(SshClient.BrokenCode);
        }

        (_lost, _limit) = state.Why switch
        {
            "timeout" => (null, string.Create(CultureInfo.InvariantCulture, $"async_timeout of {_options.AsyncTimeout?.TotalSeconds:0.###} s exceeded")),
            "time_limit" => (null, string.Create(
                CultureInfo.InvariantCulture, $"time limit of {_record?.Work.Definition.Limits.Time?.TotalSeconds:0.###} s exceeded")),
            "killed" or null => (_lost, null),
            { } why => ($"{_place.Machine.Name} ended it ({why})", (string?)null),
        };
        return new(state.Code);
    }

    /// <summary>Hands on whole lines, and keeps the rest.</summary>
    private void Cut(ReadOnlyMemory<byte> said)
    {
        ReadOnlySpan<byte> left = said.Span;
        for (int end = left.IndexOf((byte)'\n'); end >= 0; left = left[(end + 1)..], end = left.IndexOf((byte)'\n'))
        {
            _rest.Write(left[..end]);
            _outboxAt += end + 1;
            _lines.Writer.TryWrite((_rest.WrittenSpan.ToArray(), _outboxAt));
            _rest.Clear();
        }

        _rest.Write(left);
        _outboxAt += left.Length;
    }

    private TimeSpan Next(TimeSpan pause, VisitAnswer answer)
    {
        if ((answer.More && _lines.Reader.Count < MaxUnread) || answer.MoreLog)
        {
            return TimeSpan.Zero;
        }

        TimeSpan longer = pause < FirstPause ? FirstPause : pause * 1.5;
        TimeSpan most = _killed && _options.AsyncReconnect > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : _options.AsyncReconnect;
        return longer < most ? longer : most;
    }

    /// <summary>Lines that are brought together.</summary>
    private sealed class Parcel
    {
        public ArrayBufferWriter<byte> Lines { get; } = new();

        public TaskCompletionSource Brought { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Refuse()
        {
            Brought.TrySetException(new IOException("the worker is gone"));
            _ = Brought.Task.Exception; // maybe nobody waits for it
        }
    }
}
