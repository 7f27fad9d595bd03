using HpoServerless.Adapters.Executors.Machine;
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
    private InterruptKind? _interrupt;

    public SegmentWork Work => work;

    public SegmentId Segment => work.Segment;

    /// <summary>Whether a host before this one may have begun it, so that it is not ended by not beginning it.</summary>
    public bool WasBegun { get; init; }

    /// <summary>Folder of its scripts, once unpacked; null where it has none.</summary>
    public string? Scripts { get; set; }

    /// <summary>Unpacks its scripts and puts it in line.</summary>
    public Task Preparation { get; set; } = Task.CompletedTask;

    /// <summary>What it has of the machine while it runs; null where nothing is given out.</summary>
    public MachineShare? Share { get; set; }

    /// <summary>How often a segment that came later was preferred because a worker had its scripts loaded.</summary>
    public int PassedOver { get; set; }

    /// <summary>How it ended; null while it did not.</summary>
    public SegmentOutcome? Outcome => _outcome;

    public void End(SegmentOutcome outcome) => _outcome = outcome;

    /// <summary>Whether somebody has claimed the right to end it.</summary>
    public bool IsTaken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

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
        InterruptKind kind;
        lock (_gate)
        {
            _conversation = conversation;
            if (_interrupt is null)
            {
                return;
            }

            kind = _interrupt.Value;
        }

        conversation.Interrupt(kind);
    }

    /// <summary>Interrupts the program now, or as soon as it runs. One that pauses can still be stopped.</summary>
    public void Interrupt(InterruptKind kind)
    {
        SegmentConversation? conversation;
        lock (_gate)
        {
            if (_interrupt == kind || _interrupt == InterruptKind.Stop)
            {
                return;
            }

            _interrupt = kind;
            conversation = _conversation;
        }

        conversation?.Interrupt(kind);
    }

    /// <summary>How it was interrupted; null where it was not.</summary>
    public InterruptKind? Interrupted
    {
        get
        {
            lock (_gate)
            {
                return _interrupt;
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
