using System.Collections.Immutable;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>The brackets that are played, one after the other and then from the beginning.</summary>
/// <remarks>
/// Budgets may be fractions, steps are whole. Where the smallest budget is at least 1 and all of them round to different whole numbers (halves up),
/// those are the steps. Else a step is the budget divided by the smallest one, rounded, and raised where it would not be above the step before:
/// 1/4, 1/2, 1 become 1, 2, 4.
/// </remarks>
internal sealed class BracketPlan
{
    /// <summary>Most trials that one level may have.</summary>
    public const int MostTrials = 100_000;

    private readonly ImmutableArray<ImmutableArray<BracketLevel>> _cycle;

    /// <param name="cycle">At least one bracket, each of at least one level; budgets positive.</param>
    public BracketPlan(IReadOnlyCollection<(int Trials, double Budget)[]> cycle)
    {
        Dictionary<double, long> steps = StepsOf([.. cycle.SelectMany(bracket => bracket).Select(level => level.Budget).Distinct().Order()]);
        _cycle = [.. cycle.Select(bracket => bracket.Select(level => new BracketLevel(level.Trials, level.Budget, steps[level.Budget])).ToImmutableArray())];
    }

    /// <summary>How many brackets there are before they repeat.</summary>
    public int Length => _cycle.Length;

    /// <summary>Levels of the bracket that is played as number <paramref name="iteration"/>, from 0.</summary>
    public ImmutableArray<BracketLevel> this[int iteration] => _cycle[iteration % _cycle.Length];

    private static Dictionary<double, long> StepsOf(double[] budgets)
    {
        long[] rounded = [.. budgets.Select(Rounded)];
        if (budgets[0] < 1 || rounded.Distinct().Count() < rounded.Length)
        {
            for (int i = 0; i < budgets.Length; i++)
            {
                rounded[i] = Math.Max(i == 0 ? 1 : rounded[i - 1] + 1, Rounded(budgets[i] / budgets[0]));
            }
        }

        return budgets.Zip(rounded).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    private static long Rounded(double value) => (long)Math.Floor(value + 0.5);
}
