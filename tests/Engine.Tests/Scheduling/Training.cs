using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling;

/// <summary>Programs that train, save themselves and go on from what was saved, played through the engine: every running trial advances by one step a turn.</summary>
/// <typeparam name="TState">What a program is made of; immutable.</typeparam>
/// <param name="definition">The experiment.</param>
/// <param name="begin">State of a trial that begins at the start, by its number.</param>
/// <param name="step">One step: state after it.</param>
/// <param name="measure">What the program reports of a state.</param>
internal sealed class Training<TState>(
    ExperimentDefinition definition, Func<int, TState> begin, Func<TState, Configuration, TState> step, Func<TState, Configuration, (string Name, double Value)[]> measure)
{
    private readonly Dictionary<string, TState> _saved = [];
    private readonly Dictionary<int, (int Segment, TState State)> _programs = [];

    public Play Play { get; } = new(definition);

    /// <summary>Step at which programs end by themselves.</summary>
    public long LastStep { get; init; } = 1_000_000;

    /// <summary>Whether a trial advances in a turn.</summary>
    public Func<int, int, bool> Advances { get; init; } = static (_, _) => true;

    /// <summary>Whether a trial fails at a step.</summary>
    public Func<int, long, bool> Fails { get; init; } = static (_, _) => false;

    /// <summary>Steps that all trials took together.</summary>
    public int Steps { get; private set; }

    public IEnumerable<Decision> Decisions => Play.Turns.SelectMany(turn => turn.Decisions);

    /// <summary>Plays to the end, or until the trials took so many steps.</summary>
    public Training<TState> Run(int steps = int.MaxValue)
    {
        Play.Advance();
        for (int turn = 0; Steps < steps && !Play.State.Summary.IsFinal; turn++)
        {
            Assert.InRange(turn, 0, 100_000);
            List<ExperimentEvent> inbox = [.. Play.State.Running.Where(trial => Advances(trial, turn)).SelectMany(trial => Happened(Play.State.TrialAt(trial)))];
            do
            {
                AdvanceResult result = Play.Advance([.. inbox]);
                inbox.RemoveRange(0, result.Turn?.Events.Length ?? 0);
            }
            while (inbox.Count > 0);
        }

        return this;
    }

    private IEnumerable<ExperimentEvent> Happened(Trial trial)
    {
        SegmentId segment = new("e", trial.Number, trial.Segment);
        if (trial.Requested is not null)
        {
            yield return Ended(segment, trial.DirectiveAt(trial.Segment, trial.LastStep)!.Action == DirectiveAction.Pause ? SegmentStatus.Paused : SegmentStatus.Stopped);
            yield break;
        }

        if (trial.Until <= trial.LastStep)
        {
            yield break;
        }

        TState state = _programs.TryGetValue(trial.Number, out (int Segment, TState State) program) && program.Segment == trial.Segment ? program.State
            : trial.Checkpoints is [.., var newest] ? _saved[newest.Name] : begin(trial.Number);
        state = step(state, trial.Configuration);
        _programs[trial.Number] = (trial.Segment, state);
        Steps++;
        long now = trial.Position + 1;
        if (Play.State.Definition.SavesWhenAsking && now >= trial.Until)
        {
            Checkpoint saved = new(now, FormattableString.Invariant($"checkpoints/e/{trial.Number}/{trial.Segment}-{now}"), 1, new string('0', 64));
            _saved[saved.Name] = state;
            yield return new TrialCheckpointed(segment.CheckpointEventId(saved), trial.Number, trial.Segment, saved);
        }

        Report report = Given.Report(now, measure(state, trial.Configuration));
        yield return new TrialReported(segment.ReportEventId(now), trial.Number, trial.Segment, [report]);
        if (now >= LastStep || Fails(trial.Number, now))
        {
            yield return Ended(segment, Fails(trial.Number, now) ? SegmentStatus.Failed : SegmentStatus.Completed);
        }
    }

    private static SegmentEnded Ended(SegmentId segment, SegmentStatus status) => new(segment.EndEventId, segment.Trial, segment.Segment, new()
    {
        Status = status,
        Reports = [],
        Site = "local",
        StartedAt = Given.Start,
        EndedAt = Given.Start,
    });
}
