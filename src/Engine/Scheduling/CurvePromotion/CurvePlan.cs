namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>What may still be spent in an experiment, on what, and when it must begin: the accounts of one call.</summary>
/// <remarks>
/// <c>Effort</c> sets the steps that may be run in all. Part of them is kept to finish the trials that are predicted to be best; those must begin while the workers
/// that there are can still finish them before the rest of the steps is used up, so that no worker is idle at the end while one trial finishes alone.
/// </remarks>
internal sealed class CurvePlan
{
    /// <summary>Whole trials that the steps are worth of which none is for finishing: what it takes to find candidates.</summary>
    private const double Search = 3;

    /// <summary>Share of the rest for trials that are run to the end one by one, where there are few of them.</summary>
    private const double FinishingShare = 0.85;
    private const double FinishingGrowth = 1.9;

    /// <summary>The same where they run side by side: they begin before it is known which are best, and some will be given up.</summary>
    private const double SideBySideShare = 1.15;

    /// <summary>Share of the steps after which the first trial is finished, so that the model learns early what becomes of curves.</summary>
    private const double FirstFinish = 0.25;

    /// <summary>How much later than the rest a trial may end, by its length.</summary>
    private const double Lateness = 0.19;

    /// <summary>How much before its latest start a trial begins to be finished, by its length.</summary>
    private const double Haste = 0.15;

    /// <summary>Most steps that are used before all trials were created, by all steps.</summary>
    private const double CreationShare = 0.7;

    private readonly CurvePromotionOptions _options;
    private readonly StepLadder _ladder;
    private readonly CurveBook _book;
    private readonly SortedSet<int> _finishing;
    private readonly HashSet<int> _asking;
    private readonly List<Candidate> _byMean;
    private readonly int _all;
    private int _created;
    private long _finishingCost;
    private int _finished;

    /// <param name="context">The call.</param>
    /// <param name="options">The user's.</param>
    /// <param name="ladder">Where trials are looked at.</param>
    /// <param name="book">The curves.</param>
    /// <param name="finishing">Trials that were being finished after the call before.</param>
    public CurvePlan(SchedulerContext context, CurvePromotionOptions options, StepLadder ladder, CurveBook book, IEnumerable<int> finishing)
    {
        _options = options;
        _ladder = ladder;
        _book = book;
        _created = context.NextTrial - 1;
        _all = _created + context.CreatableTrials;
        _asking = [.. context.Awaiting.Select(trial => trial.Trial)];
        _finishing = [.. finishing.Where(context.Running.Contains)];
        _finished = book.Finished.Count(trial => !_finishing.Contains(trial));
        Workers = Math.Max(1, context.Running.Count + context.FreeSlots);
        Spent = book.Steps + context.Running.Sum(trial => Target(trial) - book.LastStepOf(trial));
        _finishingCost = _finishing.Sum(trial => options.MaxT - Target(trial));
        long floor = (_all * options.Grace) + (Math.Min(2, _all) * (options.MaxT - options.Grace));
        Budget = Math.Max((long)Math.Round(options.Effort * _all * options.MaxT), floor);
        double runs = (double)Budget / options.MaxT;
        double oneByOne = Math.Min(FinishingShare * (runs - Search), FinishingGrowth * Math.Sqrt(runs));
        FinishTarget = Math.Max(1, (int)Math.Round(Math.Max(oneByOne, Math.Min(Workers, SideBySideShare * (runs - Search)))));
        _byMean =
        [
            .. context.Paused.Concat(context.Running).Where(trial => book.HasValue(trial) && book.LastStepOf(trial) < options.MaxT)
                .Select(trial => new Candidate(trial, book.LastStepOf(trial), book.Predict(trial))),
        ];
        _byMean.Sort(static (one, other) => (one.Predicted.Mean, one.Trial).CompareTo((other.Predicted.Mean, other.Trial)));
        double best = _byMean.Count > 0 ? _byMean[0].Predicted.Mean : double.PositiveInfinity;
        Best = book.Finished.Select(trial => book.Predict(trial).Mean).Append(best).Min();
    }

    /// <summary>Steps that may be run in all.</summary>
    public long Budget { get; }

    /// <summary>Steps that were run, and those that were promised to running trials.</summary>
    public long Spent { get; private set; }

    /// <summary>How many trials should be run to the end.</summary>
    public int FinishTarget { get; }

    /// <summary>How many trials run at once.</summary>
    public int Workers { get; }

    /// <summary>Smallest prediction of all trials.</summary>
    public double Best { get; }

    /// <summary>Trials that have not ended and have a value, the best prediction first.</summary>
    public IReadOnlyList<Candidate> Ranked => _byMean;

    /// <summary>Trials that are being finished.</summary>
    public IReadOnlyCollection<int> Finishing => _finishing;

    /// <summary>Trials that were finished or are being finished.</summary>
    public int Finishers => _finishing.Count + _finished;

    /// <summary>Steps that are left when those that are being finished have ended and the trials to come have begun.</summary>
    public long Left => Budget - Spent - _finishingCost - Unborn;

    private long Unborn => (_all - _created) * _options.Grace;

    /// <summary>How long the rest of the steps keeps all workers busy.</summary>
    private double Rest => (double)(Budget - Spent) / Workers;

    /// <summary>Whether a trial at a step can end together with the others.</summary>
    public bool IsInTime(long step) => _options.MaxT - step <= Rest + (Lateness * _options.MaxT);

    /// <summary>Whether a trial at a step should begin to be finished now.</summary>
    public bool ShouldFinish(long step) => Finishers < FinishTarget && (Finishers < Due() || _options.MaxT - step >= Rest + (Haste * _options.MaxT));

    /// <summary>Whether so many steps may be used to learn more of a trial, without those that are kept for the best.</summary>
    public bool MayExplore(long steps)
    {
        double share = _created < _all ? Math.Clamp(1 - ((double)Workers * _options.MaxT / Budget), 0, CreationShare) * _created / _all : 1;
        return steps <= Math.Max(1, Rest) && Spent + steps <= Budget * share && steps + Reserve() <= Left;
    }

    /// <summary>The furthest behind that a trial may be to take over from one that is being finished at a step.</summary>
    public long Successor(long step) => (long)(step - (Lateness * _options.MaxT));

    /// <summary>A trial runs on.</summary>
    public void Run(int trial, long until, bool finish)
    {
        Spent += until - _book.LastStepOf(trial);
        _asking.Remove(trial);
        if (_finishing.Contains(trial))
        {
            _finishingCost -= until - _book.LastStepOf(trial);
        }
        else if (finish)
        {
            _finishing.Add(trial);
            _finishingCost += _options.MaxT - until;
        }
    }

    /// <summary>A trial that was being finished is not any more.</summary>
    public void Abandon(int trial)
    {
        if (_finishing.Remove(trial))
        {
            _finishingCost -= _options.MaxT - _book.LastStepOf(trial);
        }
    }

    /// <summary>A trial reached the end.</summary>
    public void Complete(int trial)
    {
        if (_finishing.Remove(trial))
        {
            _finished++;
        }
    }

    /// <summary>A trial is created.</summary>
    public void Create()
    {
        _created++;
        Spent += _options.Grace;
    }

    /// <summary>Step at which a running trial asks next.</summary>
    private long Target(int trial) => _asking.Contains(trial) ? _book.LastStepOf(trial) : _ladder.After(_book.LastStepOf(trial));

    /// <summary>How many should have begun to be finished by now.</summary>
    private int Due()
    {
        double share = (double)Spent / Budget;
        return share < FirstFinish ? 0 : (int)Math.Ceiling(FinishTarget * (share - FirstFinish) / (1 - FirstFinish));
    }

    /// <summary>What it costs to finish as many of the best as are still to be.</summary>
    private long Reserve()
    {
        int wanted = FinishTarget - Finishers;
        long cost = 0;
        for (int i = 0; i < _byMean.Count && wanted > 0; i++)
        {
            if (!_finishing.Contains(_byMean[i].Trial) && IsInTime(_byMean[i].Step))
            {
                cost += _options.MaxT - _byMean[i].Step;
                wanted--;
            }
        }

        return cost;
    }
}

/// <summary>A trial that may go on.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Step">How far it is.</param>
/// <param name="Predicted">What is expected of it at the end.</param>
internal readonly record struct Candidate(int Trial, long Step, Prediction Predicted)
{
    /// <summary>How good it is hoped to be.</summary>
    public double Hoped(double optimism) => Predicted.Mean - (optimism * Predicted.Deviation);
}
