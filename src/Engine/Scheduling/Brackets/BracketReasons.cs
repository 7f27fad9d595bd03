using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Scheduling.StopRules;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Says for people what was compared with what.</summary>
/// <param name="sign">In whose sign values are named.</param>
/// <param name="objectives">How many metrics count.</param>
/// <param name="plan">The brackets.</param>
/// <param name="results">What trials reported.</param>
internal sealed class BracketReasons(ReportedSign sign, int objectives, BracketPlan plan, ResultTable results)
{
    /// <summary>A number as people write it.</summary>
    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>Why a trial waits.</summary>
    public string Waits(Bracket bracket, int trial, int arrived) =>
        $"{Place(bracket, bracket.Level)}: value {Value(trial)}, {arrived} of {bracket.Members.Length + bracket.Places} trials are here; it waits for the others";

    /// <summary>Why a trial goes on that has not reached its level yet.</summary>
    public string OnTheWay(Bracket bracket) => $"{Place(bracket, bracket.Level)}: on its way there";

    /// <summary>Why a trial advanced to the level that is played now.</summary>
    public string Advances(Bracket bracket, int rank, int trial) =>
        $"{Place(bracket, bracket.Level - 1)}: value {Value(trial)} is {Standing(bracket.Cut!, rank)}; goes on to step {Levels(bracket)[bracket.Level].Step}{Budget(Levels(bracket)[bracket.Level])}";

    /// <summary>Why a trial did not advance.</summary>
    public string Loses(Bracket bracket, int rank, int trial) =>
        $"{Place(bracket, bracket.Level - 1)}: value {Value(trial)} is {Standing(bracket.Cut!, rank)}";

    /// <summary>Why a trial is complete, and which are the best at the budgets of its bracket.</summary>
    public string Completes(Bracket bracket, int trial)
    {
        IEnumerable<string> best = Levels(bracket)
            .Select(level => results.BestAt(level.Step) is { } known ? $"trial {known.Trial} at {Number(level.Budget)} ({sign.Text(known.Value)})" : null).OfType<string>();
        return $"{Place(bracket, bracket.Level)}: value {Value(trial)}, the last level; best so far by budget: {string.Join(", ", best)}";
    }

    private static string Budget(BracketLevel level) => level.Budget == level.Step ? string.Empty : $" (budget {Number(level.Budget)})";

    private ImmutableArray<BracketLevel> Levels(Bracket bracket) => plan[bracket.Iteration];

    private string Value(int trial) => results.ValueOf(trial) is { } value ? sign.Text(value) : "none";

    private string Place(Bracket bracket, int level) =>
        $"bracket {bracket.Iteration + 1}, level {level + 1} of {Levels(bracket).Length} at step {Levels(bracket)[level].Step}{Budget(Levels(bracket)[level])}";

    private string Standing(LevelCut cut, int rank)
    {
        string by = objectives > 1 ? " by all metrics" : cut.CutOff is { } value ? $", cut-off {sign.Text(value)}" : string.Empty;
        string failed = cut.Failed == 0 ? string.Empty : $"; {cut.Failed} failed or were stopped";
        string filled = cut.Filled == 0 ? string.Empty : $"; places left: {cut.Filled} for new trials";
        return $"rank {rank} of {cut.Compared}{by}, {cut.Advanced} advance{failed}{filled}";
    }
}
