namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Synchronous successive halving in brackets: all trials of a level run equally far, and the best of them go on to the next level.</summary>
/// <remarks>
/// <para>
/// A bracket starts many trials with a small budget. A trial that reaches the step of its level is paused until all of the level are there; then the
/// best go on, as many as the next level has places, and the others are stopped. Trials of the last level are complete. Places for which failures
/// leave too few are taken by new trials that start at that level. Brackets follow the <see cref="BracketPlan"/> and begin again after the last.
/// </para>
/// <para>
/// Slots go to the oldest bracket that has a use for them; where none has, the next one is opened, so a slow trial holds up its own bracket only.
/// A trial whose program ends by itself before its level does counts with its last value and keeps its place in the next levels. A level that can
/// get no more trials, because the experiment has no more or the space is used up, is played by those it has.
/// </para>
/// <para>Remembers the open brackets. Cost of a call: O(running trials + trials of the brackets in which none runs), and O(1) for each new report.</para>
/// <para>
/// Sources: K. Jamieson, A. Talwalkar, AISTATS 2016 (successive halving); L. Li et al., JMLR 18 (2018), algorithm 1 (Hyperband); S. Falkner,
/// A. Klein, F. Hutter, ICML 2018 (brackets side by side). Departures: several brackets are open at once; equal values rank by trial number.
/// </para>
/// </remarks>
/// <param name="name">Name in the registry.</param>
/// <param name="plan">The brackets.</param>
/// <param name="iterations">How many brackets are played.</param>
internal sealed class BracketScheduler(string name, BracketPlan plan, int iterations) : ITrialScheduler
{
    private readonly ResultTable _results = new();
    private (string? State, BracketBook Book) _last = (null, new());

    public string Name => name;

    /// <summary>The brackets.</summary>
    public BracketPlan Plan => plan;

    public SchedulerStep Decide(SchedulerContext context)
    {
        _results.Update(context.Reports);
        BracketBook book = context.State is null ? new() : context.State == _last.State ? _last.Book : BracketBook.Parse(context.State);
        BracketTurn turn = new(context, plan, iterations, book, _results);
        turn.Play();
        string? state = turn.HasChanged ? turn.Book.ToText() : context.State;
        _last = (state, turn.HasChanged ? turn.Book : book);
        return new([.. turn.Decisions], [.. turn.Starts], state) { More = turn.More };
    }
}
