using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>One call of <see cref="BracketScheduler.Decide"/>.</summary>
internal sealed class BracketTurn
{
    private readonly SchedulerContext _context;
    private readonly BracketPlan _plan;
    private readonly int _iterations;
    private readonly BracketBook _book;
    private readonly ResultTable _results;
    private readonly BracketReasons _reasons;
    private readonly SortedDictionary<int, AwaitingTrial> _asking = [];
    private readonly List<Bracket> _open;
    private int _opened;
    private int _slots;
    private int _changeable;

    public BracketTurn(SchedulerContext context, BracketPlan plan, int iterations, BracketBook book, ResultTable results)
    {
        (_context, _plan, _iterations, _results) = (context, plan, iterations, results);
        _book = book.Reconciled(context.NextTrial, context.CreatableTrials > 0);
        HasChanged = !ReferenceEquals(_book, book);
        _reasons = new(new ReportedSign(context.Mode), context.Objectives, plan, results);
        (_slots, _changeable, _opened) = (context.FreeSlots, context.ChangeableTrials, _book.Opened);
        _open = [.. _book.Open];
        foreach (AwaitingTrial trial in context.Awaiting)
        {
            _asking.Add(trial.Trial, trial);
        }
    }

    /// <summary>About existing trials.</summary>
    public List<Decision> Decisions { get; } = [];

    /// <summary>New trials.</summary>
    public List<RunLimit> Starts { get; } = [];

    /// <summary>Whether there was more to decide than may be decided in one call.</summary>
    public bool More { get; private set; }

    /// <summary>Whether there is something else to remember than before.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What is to be remembered.</summary>
    public BracketBook Book => new() { Opened = _opened, Next = _context.NextTrial + Starts.Count, Open = [.. _open] };

    private int Creatable => _context.CreatableTrials - Starts.Count;

    /// <summary>Decides.</summary>
    public void Play()
    {
        bool[] busy = Busy();
        for (int i = 0; i < _open.Count; i++)
        {
            Replace(i, Settled(_open[i], busy[i]));
        }

        AnswerOthers();
        for (int i = 0; i < _open.Count && _slots > 0; i++)
        {
            Replace(i, Run(_open[i]));
        }

        HasChanged |= _open.RemoveAll(IsOver) > 0;
        while (_opened < _iterations && Creatable > 0 && HasRoom())
        {
            _open.Add(Run(new() { Iteration = _opened, Places = _plan[_opened][0].Trials }));
            _opened++;
            HasChanged = true;
        }
    }

    /// <summary>By position, whether a trial of the bracket runs and does not ask: then its level is not over.</summary>
    private bool[] Busy()
    {
        bool[] busy = new bool[_open.Count];
        foreach (int trial in _context.Running)
        {
            if (!_asking.ContainsKey(trial) && _book.PositionOf(trial) is { } position)
            {
                busy[position] = true;
            }
        }

        return busy;
    }

    /// <summary>Goes through the levels that are over, and stops those that did not advance.</summary>
    private Bracket Settled(Bracket bracket, bool isBusy)
    {
        bracket = StopLosers(bracket);
        while (!isBusy && IsLevelOver(bracket) && !IsLast(bracket))
        {
            bracket = StopLosers(Advanced(bracket));
        }

        if (IsLast(bracket))
        {
            CompletePaused(bracket);
        }

        return bracket;
    }

    private bool IsLevelOver(Bracket bracket) =>
        bracket.Places == 0 && bracket.Losers.IsEmpty && bracket.Members.All(trial => HasArrived(trial, LevelOf(bracket).Step));

    /// <summary>Whether a trial has done what its level asks for, or has ended.</summary>
    private bool HasArrived(int trial, long step) => _context.Trials.StatusOf(trial) switch
    {
        TrialStatus.Running => _asking.TryGetValue(trial, out AwaitingTrial asking) && asking.Step >= step,
        TrialStatus.Paused => _context.Trials.LastStepOf(trial) >= step,
        _ => true,
    };

    private Bracket Advanced(Bracket bracket)
    {
        int[] ranked = _results.Ranked(bracket.Members.Where(trial => _context.Trials.StatusOf(trial) is not (TrialStatus.Failed or TrialStatus.Stopped)), _context.Objectives);
        BracketLevel next = _plan[bracket.Iteration][bracket.Level + 1];
        int advanced = Math.Min(ranked.Length, next.Trials);
        int places = Creatable > 0 ? next.Trials - advanced : 0;
        Bracket after = bracket with
        {
            Level = bracket.Level + 1,
            Members = [.. ranked.Take(advanced)],
            Places = places,
            Losers = [.. ranked.Skip(advanced)],
            Cut = new(advanced, ranked.Length, bracket.Members.Length - ranked.Length, places, advanced == 0 ? null : _results.ValueOf(ranked[advanced - 1])),
        };
        for (int rank = 1; rank <= ranked.Length; rank++)
        {
            int trial = ranked[rank - 1];
            if (_asking.TryGetValue(trial, out AwaitingTrial asking) && (rank > advanced || asking.Step < next.Step))
            {
                Answer(rank > advanced
                    ? new(DecisionAction.Stop, trial, _reasons.Loses(after, rank, trial))
                    : new(DecisionAction.Continue, trial, _reasons.Advances(after, rank, trial)) { Until = next.Limit.Until, Budget = next.Limit.Budget });
            }
        }

        return after;
    }

    private Bracket StopLosers(Bracket bracket)
    {
        for (int i = 0; i < bracket.Losers.Length; i++)
        {
            int trial = bracket.Losers[i];
            if (_context.Trials.StatusOf(trial) != TrialStatus.Paused)
            {
                continue;
            }

            if (_changeable == 0)
            {
                More = true;
                return bracket;
            }

            _changeable--;
            Decisions.Add(new(DecisionAction.Stop, trial, _reasons.Loses(bracket, bracket.Cut!.Advanced + i + 1, trial)));
        }

        return bracket.Losers.IsEmpty ? bracket : bracket with { Losers = [] };
    }

    /// <summary>A trial that reported beyond its step may have nothing left to do at the last level.</summary>
    private void CompletePaused(Bracket bracket)
    {
        foreach (int trial in bracket.Members)
        {
            if (_context.Trials.StatusOf(trial) != TrialStatus.Paused || !HasArrived(trial, LevelOf(bracket).Step))
            {
                continue;
            }

            if (_changeable == 0)
            {
                More = true;
                return;
            }

            _changeable--;
            Decisions.Add(new(DecisionAction.Complete, trial, _reasons.Completes(bracket, trial)));
        }
    }

    /// <summary>Trials that ask and whose level is not over.</summary>
    private void AnswerOthers()
    {
        KeyValuePair<int, AwaitingTrial>[] others = [.. _asking];
        Dictionary<int, int> arrived = [];
        foreach ((int trial, AwaitingTrial asking) in others)
        {
            if (_book.PositionOf(trial) is not { } position)
            {
                Answer(new(DecisionAction.Stop, trial, "it is in no bracket"));
                continue;
            }

            Bracket bracket = _open[position];
            BracketLevel level = LevelOf(bracket);
            if (asking.Step < level.Step)
            {
                Answer(new(DecisionAction.Continue, trial, _reasons.OnTheWay(bracket)) { Until = level.Limit.Until, Budget = level.Limit.Budget });
            }
            else if (IsLast(bracket))
            {
                Answer(new(DecisionAction.Complete, trial, _reasons.Completes(bracket, trial)));
            }
            else
            {
                if (!arrived.TryGetValue(position, out int count))
                {
                    arrived.Add(position, count = bracket.Members.Count(member => HasArrived(member, level.Step)));
                }

                Answer(new(DecisionAction.Pause, trial, _reasons.Waits(bracket, trial, count)));
            }
        }
    }

    /// <summary>Gives free slots to the trials of a bracket that wait for one, then to new ones.</summary>
    private Bracket Run(Bracket bracket)
    {
        BracketLevel level = LevelOf(bracket);
        for (int i = 0; i < bracket.Members.Length; i++)
        {
            int trial = bracket.Members[i];
            if (_context.Trials.StatusOf(trial) != TrialStatus.Paused || HasArrived(trial, level.Step))
            {
                continue;
            }

            if (!HasRoom())
            {
                return bracket;
            }

            string reason = i < bracket.Cut?.Advanced ? _reasons.Advances(bracket, i + 1, trial) : _reasons.OnTheWay(bracket);
            Decisions.Add(new(DecisionAction.Resume, trial, reason) { Until = level.Limit.Until, Budget = level.Limit.Budget });
            (_slots, _changeable) = (_slots - 1, _changeable - 1);
        }

        int wanted = Math.Min(bracket.Places, Creatable);
        if (wanted == 0 || !HasRoom())
        {
            return bracket;
        }

        int count = Math.Min(wanted, Math.Min(_slots, _changeable));
        int first = _context.NextTrial + Starts.Count;
        Starts.AddRange(Enumerable.Repeat(level.Limit, count));
        (_slots, _changeable) = (_slots - count, _changeable - count);
        More |= count < wanted && _slots > 0;
        return bracket with { Members = [.. bracket.Members, .. Enumerable.Range(first, count)], Places = bracket.Places - count };
    }

    /// <summary>Whether one more trial may be started or resumed; asked only where there is one.</summary>
    private bool HasRoom()
    {
        More |= _slots > 0 && _changeable == 0;
        return _slots > 0 && _changeable > 0;
    }

    private bool IsOver(Bracket bracket) =>
        bracket is { Places: 0, Losers.IsEmpty: true } && IsLast(bracket)
        && bracket.Members.All(trial => trial < _context.NextTrial && _context.Trials.StatusOf(trial) is TrialStatus.Completed or TrialStatus.Failed or TrialStatus.Stopped);

    private bool IsLast(Bracket bracket) => bracket.Level == _plan[bracket.Iteration].Length - 1;

    private BracketLevel LevelOf(Bracket bracket) => _plan[bracket.Iteration][bracket.Level];

    private void Answer(Decision decision)
    {
        _asking.Remove(decision.Trial);
        Decisions.Add(decision);
    }

    private void Replace(int position, Bracket bracket)
    {
        HasChanged |= !ReferenceEquals(_open[position], bracket);
        _open[position] = bracket;
    }
}
