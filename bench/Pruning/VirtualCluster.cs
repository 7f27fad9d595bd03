using System.Collections.Immutable;
using System.Diagnostics;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Bench.Pruning;

/// <summary>Runs an experiment through the real engine on workers that exist in virtual time alone: an event heap, and no waiting.</summary>
/// <remarks>
/// Checkpoints are ideal: a paused trial goes on where it paused, at no cost. A step takes one second of virtual time. Reports arrive when a trial asks or ends,
/// and everything that happens at one moment is folded in as few turns as the engine allows.
/// </remarks>
/// <param name="definition">The experiment; its metric is called <c>loss</c>.</param>
/// <param name="steps">Steps of every trial.</param>
/// <param name="valueOf">What a trial reports at a step.</param>
internal sealed class VirtualCluster(ExperimentDefinition definition, long steps, Func<int, long, double> valueOf)
{
    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch;

    private readonly PriorityQueue<Run, (double Time, long Number)> _heap = new();
    private readonly List<ExperimentEvent> _inbox = [];
    private readonly Dictionary<int, Run> _running = [];
    private readonly List<(double From, double Until)> _busy = [];
    private readonly List<double> _turns = [];
    private readonly Dictionary<int, long> _ran = [];
    private ExperimentState _state = ExperimentState.Initial(definition, Begin);
    private double _now;
    private double _lastStart;
    private long _steps;
    private long _number;

    /// <summary>Seconds that a step of a trial takes.</summary>
    public Func<int, double> SecondsOf { get; init; } = static _ => 1;

    /// <summary>How many steps of a segment are lost with their worker and run again, by trial and first step; 0 for none.</summary>
    public Func<int, long, long, long> LostOf { get; init; } = static (_, _, _) => 0;

    /// <summary>Plays it to its end.</summary>
    public VirtualRun Play()
    {
        long redone = 0;
        Settle();
        while (_heap.TryDequeue(out Run? run, out (double Time, long Number) due))
        {
            if (run.IsCancelled)
            {
                continue;
            }

            _now = due.Time;
            redone += Arrive(run);
            while (_heap.TryPeek(out Run? next, out (double Time, long Number) same) && same.Time == _now)
            {
                _heap.Dequeue();
                redone += next.IsCancelled ? 0 : Arrive(next);
            }

            Settle();
        }

        return new(_state, _steps, redone, _now, BusyShare(), [.. _turns.Order()], Faults());
    }

    private long Arrive(Run run)
    {
        _running.Remove(run.Trial);
        _busy.Add((run.From, _now));
        long before = _ran.GetValueOrDefault(run.Trial);
        if (before != run.First)
        {
            throw new InvalidOperationException($"trial {run.Trial} runs from step {run.First} but ran to {before}");
        }

        _ran[run.Trial] = run.Last;
        _steps += run.Last - run.First;
        DateTimeOffset at = At(_now);
        ImmutableArray<Report> reports = [.. Enumerable.Range((int)run.First + 1, (int)(run.Last - run.First)).Select(step => new Report(step, new(new KeyValuePair<string, double>("loss", valueOf(run.Trial, step))), at))];
        SegmentId segment = new("bench", run.Trial, run.Segment);
        _inbox.Add(run.Asks
            ? new TrialReported(segment.ReportEventId(run.Last), run.Trial, run.Segment, reports)
            : Ended(segment, SegmentStatus.Completed) with { Outcome = Ended(segment, SegmentStatus.Completed).Outcome with { Reports = reports } });
        return run.Lost;
    }

    /// <summary>Turns, until nothing more is to be decided at this moment.</summary>
    private void Settle()
    {
        bool more;
        do
        {
            long start = Stopwatch.GetTimestamp();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            AdvanceResult result = ExperimentEngine.Advance(_state, _inbox, At(_now));
            if (result.Turn is not { } turn)
            {
                return;
            }

            _turns.Add(Math.Min(Stopwatch.GetElapsedTime(start).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds));
            _state = result.State;
            _inbox.RemoveRange(0, turn.Events.Length);
            foreach (Decision decision in turn.Decisions.Where(decision => decision.Trial > 0))
            {
                Obey(decision);
            }

            more = turn.More || _inbox.Count > 0;
        }
        while (more);
    }

    private void Obey(Decision decision)
    {
        SegmentId segment = new("bench", decision.Trial, decision.Segment);
        switch (decision.Action)
        {
            case DecisionAction.Start or DecisionAction.Resume or DecisionAction.Continue:
                _lastStart = decision.Action == DecisionAction.Start ? _now : _lastStart;
                Go(decision);
                break;
            case DecisionAction.Pause:
                _inbox.Add(new TrialCheckpointed($"{segment.EndEventId}c", decision.Trial, decision.Segment, new(_ran[decision.Trial], $"checkpoints/bench/{decision.Trial}/{_ran[decision.Trial]}", 1, new string('0', 64))));
                _inbox.Add(Ended(segment, SegmentStatus.Paused));
                break;
            case DecisionAction.Stop or DecisionAction.Complete when _state.TrialAt(decision.Trial).Status == TrialStatus.Running:
                if (_running.Remove(decision.Trial, out Run? cut))
                {
                    cut.IsCancelled = true;
                    _busy.Add((cut.From, _now));
                }

                _inbox.Add(Ended(segment, SegmentStatus.Stopped));
                break;
        }
    }

    private void Go(Decision decision)
    {
        long first = _ran.GetValueOrDefault(decision.Trial);
        long last = Math.Min(decision.Until ?? steps, steps);
        long lost = LostOf(decision.Trial, first, last - first);
        Run run = new(decision.Trial, decision.Segment, first, last, lost, decision.Until <= steps, _now);
        _running[decision.Trial] = run;
        _heap.Enqueue(run, (_now + ((last - first + lost) * SecondsOf(decision.Trial)), _number++));
    }

    private SegmentEnded Ended(SegmentId segment, SegmentStatus status) => new(segment.EndEventId, segment.Trial, segment.Segment, new()
    {
        Status = status,
        Site = "virtual",
        StartedAt = At(_now),
        EndedAt = At(_now),
    });

    /// <summary>Worker time that was used, of that up to the moment when the last trial was created.</summary>
    private double BusyShare() =>
        _lastStart == 0 ? 1 : _busy.Sum(run => Math.Max(0, Math.Min(run.Until, _lastStart) - run.From)) / (_lastStart * definition.MaxConcurrent);

    /// <summary>What was lost, done twice or left undone.</summary>
    private ImmutableArray<string> Faults() =>
    [
        .. _state.Trials.Where(trial => !trial.IsFinal).Select(trial => $"trial {trial.Number} did not end"),
        .. _state.Trials.Where(trial => trial.LastStep != _ran.GetValueOrDefault(trial.Number) || trial.Reports.Length != trial.LastStep)
            .Select(trial => $"trial {trial.Number} ran {_ran.GetValueOrDefault(trial.Number)} steps, the engine knows {trial.Reports.Length} up to {trial.LastStep}"),
        .. _state.Trials.Count == definition.NumTrials ? (string[])[] : [$"{_state.Trials.Count} of {definition.NumTrials} trials were created"],
    ];

    private static DateTimeOffset At(double seconds) => Begin + TimeSpan.FromSeconds(seconds);

    private sealed record Run(int Trial, int Segment, long First, long Last, long Lost, bool Asks, double From)
    {
        public bool IsCancelled { get; set; }
    }
}

/// <summary>What came of an experiment on a virtual cluster.</summary>
/// <param name="State">The experiment in the end.</param>
/// <param name="Steps">Steps that were run, without those that were run again.</param>
/// <param name="Redone">Steps that were lost with a worker and run again.</param>
/// <param name="Makespan">Virtual time from the first start to the last end.</param>
/// <param name="BusyShare">Worker time that was used, of that up to the moment when the last trial was created.</param>
/// <param name="Turns">Milliseconds that each turn took, by the clock or of the processors, whichever is less, ascending: other work on the machine lengthens one, the runtime's own the other.</param>
/// <param name="Faults">What was lost, done twice or left undone; none is right.</param>
internal sealed record VirtualRun(
    ExperimentState State, long Steps, long Redone, double Makespan, double BusyShare, ImmutableArray<double> Turns, ImmutableArray<string> Faults);
