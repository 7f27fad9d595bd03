using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Scheduling.StopRules;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>Population based training: every few steps the worst trials go on from the states of the best, with configurations near theirs.</summary>
/// <remarks>
/// <para>
/// A trial is compared with the others at its own age (<see cref="Ranking"/>), so nobody waits for anybody. Where the population is larger than
/// the slots, a trial that asks makes room for one that is no further than it, the least advanced go on first, and a trial is compared when it goes on.
/// </para>
/// <para>Cost: O(population · log) a comparison. Remembers nothing but what the reports and trials say.</para>
/// <para>
/// Source: M. Jaderberg et al., "Population based training of neural networks", arXiv:1711.09846, with truncation selection. Departures: ages are
/// counted in steps; a trial is compared at its own age, not with what others reached since. It goes on at the age of the state that it takes over,
/// so a straggler that gives way catches up; a state that is younger by less than an interval counts as old as the trial.
/// </para>
/// </remarks>
internal sealed class PopulationScheduler(string name, PopulationOptions options, IExplorer explorer) : ITrialScheduler, ISpaceRules
{
    private readonly CurveTable _curves = new(static point => point.Value);

    public string Name => name;

    public IEnumerable<Fault> FaultsIn(SearchSpace space) => explorer.FaultsIn(space);

    public SchedulerStep Decide(SchedulerContext context)
    {
        _curves.Update(context.Reports);
        Generation generation = new(name, options, explorer, context, _curves);
        List<Decision> decisions = [];
        int creatable = options.Size == 0 ? context.CreatableTrials : (int)Math.Clamp(options.Size - (context.NextTrial - 1), 0, context.CreatableTrials);
        int starts = Math.Min(context.FreeSlots, creatable);
        (int Trial, long Step)[] waiting = [.. context.Paused.Select(trial => (trial, context.Trials.LastStepOf(trial))).OrderBy(paused => paused.Item2).ThenBy(paused => paused.trial)];
        AnswerThoseThatAsk(context, generation, waiting, creatable, decisions);
        bool more = Resume(context, generation, waiting, starts, decisions);
        return new([.. decisions], [.. Enumerable.Repeat(new RunLimit(options.NextAsk(0)), starts)]) { More = more };
    }

    private void AnswerThoseThatAsk(SchedulerContext context, Generation generation, (int Trial, long Step)[] waiting, int creatable, List<Decision> decisions)
    {
        int leaving = 0;
        foreach (AwaitingTrial asking in context.Awaiting)
        {
            int wantingRoom = creatable + waiting.Count(paused => paused.Step <= asking.Step) - context.FreeSlots;
            if (asking.Step >= options.MaxT)
            {
                decisions.Add(new(DecisionAction.Complete, asking.Trial, $"ran to max_t {options.MaxT}"));
                leaving++;
            }
            else if (wantingRoom > leaving)
            {
                decisions.Add(new(DecisionAction.Pause, asking.Trial, $"step {asking.Step}: makes room, because trials that are no further have no slot"));
                leaving++;
            }
            else
            {
                (Decision? exploit, string compared) = generation.Compare(asking.Trial, asking.Step);
                decisions.Add(exploit ?? new(DecisionAction.Continue, asking.Trial, compared) { Until = options.NextAsk(asking.Step) });
            }
        }
    }

    /// <summary>Lets waiting trials go on, from others where they stand badly.</summary>
    /// <returns>Whether there was more to do than may be changed at once.</returns>
    private bool Resume(SchedulerContext context, Generation generation, (int Trial, long Step)[] waiting, int starts, List<Decision> decisions)
    {
        int changes = context.ChangeableTrials - starts;
        foreach ((int trial, long step) in waiting.Take(context.FreeSlots - starts))
        {
            string reason = $"step {step}: a slot is free";
            bool isNew = context.Trials.OriginsOf(trial) is [.., var origin] && origin.Step >= (_curves.CurveOf(trial)?.Points[^1].Step ?? 0);
            Decision? exploit = null;
            if (!isNew)
            {
                (exploit, reason) = generation.Compare(trial, step);
            }

            if (changes < (exploit is null ? 1 : 2))
            {
                // Its turn is not over: what is left of it follows in the next call.
                decisions.AddRange(changes == 1 && exploit is not null ? [exploit] : []);
                return true;
            }

            decisions.AddRange(exploit is null ? [] : [exploit]);
            long from = exploit is null ? step : Math.Max(step, context.Trials.CheckpointOf(exploit.From!.Value)!.Step);
            decisions.Add(new(DecisionAction.Resume, trial, exploit is null ? reason : $"step {from}: a slot is free") { Until = options.NextAsk(from) });
            changes -= exploit is null ? 1 : 2;
        }

        return false;
    }
}
