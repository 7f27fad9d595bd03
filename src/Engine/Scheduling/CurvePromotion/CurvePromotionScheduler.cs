using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Options;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>Promotes the trials whose learning curves promise most: it extrapolates every curve to its last step, with error bars, and spends a given share of the steps where that matters.</summary>
/// <remarks>
/// <para>
/// A trial pauses at each step of the <see cref="StepLadder"/> unless it promises most. While it explores, promise is the predicted value at the last step less <c>optimism</c>
/// standard deviations, so that a slow learner gets the steps that it takes to tell it from a bad one. In good time the trials that are predicted to be best begin to
/// be finished, several of them, because the value that decides in the end is a noisy one. <see cref="CurvePlan"/> says how many and when; <see cref="CurvePrior"/>
/// how curves are extrapolated.
/// </para>
/// <para>Remembers which trials it is finishing; all else is in the reports. Waiting trials beyond the <see cref="MostWaiting"/> most promising are stopped.</para>
/// <para>
/// Cost: O(1) a report for the curves, and O(w log w) a call, w being the trials that run or wait; both whatever the number of trials.
/// </para>
/// <para>
/// Sources: K. Swersky, J. Snoek, R. P. Adams, "Freeze-thaw Bayesian optimization", arXiv:1406.3896 (extrapolate, and thaw what promises most);
/// L. Li et al., MLSys 2020 (asynchronous promotion). Departures: a linear mixed model in place of a Gaussian process, a budget in place of a rule for stopping.
/// </para>
/// </remarks>
internal sealed class CurvePromotionScheduler : ITrialScheduler
{
    /// <summary>Waiting trials that are kept besides one for each worker.</summary>
    private const int MostWaiting = 128;

    /// <summary>Most trials that one call stops without being asked, so that a turn stays short.</summary>
    private const int MostStops = 64;

    /// <summary>Standard deviations by which a trial must be predicted to miss the best one to be left behind.</summary>
    private const double Hopeless = 4;

    /// <summary>Standard deviations by which another trial must be better to take the place of one that is being finished.</summary>
    private const double Takeover = 1;

    /// <summary>Share of the length from which on a trial that is being finished is not given up any more.</summary>
    private const double NearlyDone = 0.7;

    private readonly CurvePromotionOptions _options;
    private readonly StepLadder _ladder;
    private readonly CurveBook _book;

    private CurvePromotionScheduler(CurvePromotionOptions options)
    {
        _options = options;
        _ladder = new(options.Grace, options.MaxT);
        _book = new(options.MaxT);
    }

    public string Name => "curve_promotion";

    public static ITrialScheduler Create(OptionReader options) => new CurvePromotionScheduler(CurvePromotionOptions.Read(options));

    public SchedulerStep Decide(SchedulerContext context)
    {
        _book.Update(context.Reports);
        Call call = new(context, new(context, _options, _ladder, _book, Remembered(context.State)), this);
        List<Decision> decisions = [.. context.Awaiting.Select(call.Answer)];
        int answered = decisions.Count;
        int starts = 0;
        while (decisions.Count - answered + starts < context.FreeSlots)
        {
            if (call.Resume(mayCreate: starts < context.CreatableTrials) is { } resumed)
            {
                decisions.Add(resumed);
            }
            else if (starts < context.CreatableTrials)
            {
                call.Plan.Create();
                starts++;
            }
            else
            {
                break;
            }
        }

        bool nothingRuns = decisions.All(decision => decision.Action is not (DecisionAction.Continue or DecisionAction.Resume)) && starts == 0;
        if (nothingRuns && context.FreeSlots > 0 && context.Running.IsEmpty && call.LastResort() is { } last)
        {
            decisions.Add(last);
        }

        int room = Math.Min(MostStops, context.ChangeableTrials - starts - (decisions.Count - answered));
        ImmutableArray<Decision> stops = call.Leave(MostWaiting + call.Plan.Workers, room + 1);
        decisions.AddRange(stops.Take(room));
        return new([.. decisions], [.. Enumerable.Repeat(new RunLimit(_ladder.First), starts)], string.Join(',', call.Plan.Finishing))
        {
            More = stops.Length > room,
        };
    }

    private static IEnumerable<int> Remembered(string? state) =>
        string.IsNullOrEmpty(state) ? [] : state.Split(',').Select(trial => int.Parse(trial, CultureInfo.InvariantCulture));

    /// <summary>One call: what is decided first counts in what is decided next.</summary>
    private sealed class Call
    {
        private readonly CurvePromotionScheduler _scheduler;
        private readonly ReportedSign _sign;
        private readonly List<Candidate> _waiting;

        public Call(SchedulerContext context, CurvePlan plan, CurvePromotionScheduler scheduler)
        {
            _scheduler = scheduler;
            _sign = new(context.Mode);
            Plan = plan;
            _waiting = [.. plan.Ranked.Where(candidate => context.Paused.Contains(candidate.Trial))];
        }

        public CurvePlan Plan { get; }

        private long MaxT => _scheduler._options.MaxT;

        public Decision Answer(AwaitingTrial asks)
        {
            if (asks.Step >= MaxT)
            {
                Plan.Complete(asks.Trial);
                return new(DecisionAction.Complete, asks.Trial, $"ran to max_t {MaxT}");
            }

            if (asks.Value is null || !_scheduler._book.HasValue(asks.Trial))
            {
                Plan.Abandon(asks.Trial);
                return new(DecisionAction.Stop, asks.Trial, $"step {asks.Step}: reported no value");
            }

            Candidate own = new(asks.Trial, asks.Step, _scheduler._book.Predict(asks.Trial));
            long next = _scheduler._ladder.After(asks.Step);
            bool finishing = Plan.Finishing.Contains(own.Trial);
            bool finishes = finishing ? StaysFinishing(own) : MayFinish(own) && IsNextToFinish(own);
            if (!finishes && (finishing || MayFinish(own) || !Explores(own, next)))
            {
                Plan.Abandon(own.Trial);
                return new(DecisionAction.Pause, own.Trial, $"{Text(own)}; {(HasHope(own) ? "others go first" : "too far behind the best")}");
            }

            Plan.Run(own.Trial, next, finishes);
            return new(DecisionAction.Continue, own.Trial, $"{Text(own)}; {(finishes ? "one of the best, being finished" : "promises most")}") { Until = next };
        }

        /// <summary>The next paused trial to go on; null where a new one should start, or none.</summary>
        public Decision? Resume(bool mayCreate)
        {
            if (ToFinish(Plan.Left, 0) is { } due && Plan.ShouldFinish(due.Step))
            {
                return Go(due, finish: true, "one of the best, to be finished now");
            }

            if (ToExplore() is { } promising)
            {
                return Go(promising, finish: false, "promises most");
            }

            return mayCreate || ToFinish(Plan.Left, 0) is not { } affordable ? null : Go(affordable, finish: true, "the best that can still be finished");
        }

        /// <summary>Where nothing was finished and no steps are left, the best trial is finished nevertheless.</summary>
        public Decision? LastResort() => Plan.Finishers > 0 || _waiting.Count == 0 ? null : Go(_waiting[0], finish: true, "no trial was finished yet, so the best one is");

        /// <summary>Ends the least promising of the waiting trials, so that the searcher learns of them and calls stay short.</summary>
        public ImmutableArray<Decision> Leave(int keep, int most)
        {
            if (_waiting.Count <= keep)
            {
                return [];
            }

            double optimism = _scheduler._options.Optimism;
            return
            [
                .. _waiting.OrderByDescending(candidate => candidate.Hoped(optimism)).ThenByDescending(candidate => candidate.Trial).Take(Math.Min(most, _waiting.Count - keep))
                    .Select(candidate => new Decision(DecisionAction.Stop, candidate.Trial, $"{Text(candidate)}; {keep} waiting trials promise more")),
            ];
        }

        private Decision Go(Candidate candidate, bool finish, string why)
        {
            string reason = $"{Text(candidate)}; {why}";
            long until = _scheduler._ladder.After(candidate.Step);
            _waiting.Remove(candidate);
            Plan.Run(candidate.Trial, until, finish);
            return new(DecisionAction.Resume, candidate.Trial, reason) { Until = until };
        }

        private bool HasHope(Candidate candidate) => candidate.Hoped(Hopeless) < Plan.Best || candidate.Predicted.Mean <= Plan.Best;

        private bool StaysFinishing(Candidate own)
        {
            if (!HasHope(own) && own.Step < NearlyDone * MaxT)
            {
                return false;
            }

            return ToFinish(Plan.Left + MaxT - own.Step, Plan.Successor(own.Step)) is not { } other || other.Predicted.Mean >= own.Hoped(Takeover);
        }

        private bool MayFinish(Candidate own) => Plan.ShouldFinish(own.Step) && Plan.IsInTime(own.Step) && MaxT - own.Step <= Plan.Left && HasHope(own);

        private bool IsNextToFinish(Candidate own) => ToFinish(Plan.Left, Plan.Successor(own.Step)) is not { } other || other.Predicted.Mean >= own.Predicted.Mean;

        private bool Explores(Candidate own, long next)
        {
            double optimism = _scheduler._options.Optimism;
            return HasHope(own) && Plan.MayExplore(next - own.Step) && _waiting.TrueForAll(other => own.Hoped(optimism) <= other.Hoped(optimism));
        }

        /// <summary>The waiting trial that is predicted to be best among those that can be finished with so many steps and are so far.</summary>
        private Candidate? ToFinish(long steps, long from)
        {
            foreach (Candidate candidate in _waiting)
            {
                if (candidate.Step >= from && MaxT - candidate.Step <= steps && HasHope(candidate) && (Plan.Finishers == 0 || Plan.IsInTime(candidate.Step)))
                {
                    return candidate;
                }
            }

            return null;
        }

        private Candidate? ToExplore()
        {
            double optimism = _scheduler._options.Optimism;
            Candidate? best = null;
            foreach (Candidate candidate in _waiting)
            {
                if (HasHope(candidate) && (best is not { } known || candidate.Hoped(optimism) < known.Hoped(optimism))
                    && Plan.MayExplore(_scheduler._ladder.After(candidate.Step) - candidate.Step))
                {
                    best = candidate;
                }
            }

            return best;
        }

        private string Text(Candidate candidate)
        {
            (double value, double deviation) = _scheduler._book.ToValue(candidate.Predicted);
            int rank = 1 + Plan.Ranked.Count(other => other.Predicted.Mean < candidate.Predicted.Mean);
            return string.Create(CultureInfo.InvariantCulture, $"step {candidate.Step}: predicted {_sign.Text(value)} ± {deviation:G3} at step {MaxT}, number {rank} of {Plan.Ranked.Count}");
        }
    }
}
