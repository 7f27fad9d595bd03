using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>One segment that the executor knows: it waits for a worker, runs on one, or has ended.</summary>
internal sealed class SegmentRun(SegmentWork work)
{
    private readonly Lock _gate = new();
    private SegmentConversation? _conversation;
    private volatile SegmentOutcome? _outcome;
    private bool _taken;
    private bool _interrupted;

    public SegmentWork Work => work;

    public SegmentId Segment => work.Segment;

    /// <summary>Folder of its scripts, once unpacked; null where it has none.</summary>
    public string? Scripts { get; set; }

    /// <summary>Unpacks its scripts and puts it in line.</summary>
    public Task Preparation { get; set; } = Task.CompletedTask;

    /// <summary>How often a segment that came later was preferred because a worker had its scripts loaded.</summary>
    public int PassedOver { get; set; }

    /// <summary>How it ended; null while it did not.</summary>
    public SegmentOutcome? Outcome => _outcome;

    public void End(SegmentOutcome outcome) => _outcome = outcome;

    /// <summary>Claims the right to end it: by running it, or by giving it up before it runs. Granted once.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            bool first = !_taken;
            _taken = true;
            return first;
        }
    }

    /// <summary>The program was sent to a worker and can be interrupted.</summary>
    public void Began(SegmentConversation conversation)
    {
        lock (_gate)
        {
            _conversation = conversation;
            if (!_interrupted)
            {
                return;
            }
        }

        conversation.Interrupt();
    }

    /// <summary>Interrupts the program now, or as soon as it runs.</summary>
    public void Interrupt()
    {
        SegmentConversation? conversation;
        lock (_gate)
        {
            if (_interrupted)
            {
                return;
            }

            _interrupted = true;
            conversation = _conversation;
        }

        conversation?.Interrupt();
    }

    public bool IsInterrupted
    {
        get
        {
            lock (_gate)
            {
                return _interrupted;
            }
        }
    }

    /// <summary>Kills the program without an outcome: nobody wants it any more.</summary>
    public void Abandon()
    {
        SegmentConversation? conversation;
        lock (_gate)
        {
            conversation = _conversation;
        }

        conversation?.Kill(SegmentKill.Abandoned);
    }
}
