using System.Collections.Immutable;
using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Reads brackets that the user wrote down: for each, how many trials its levels have and what they may spend.</summary>
internal static class CustomBrackets
{
    private const string Counts = "num_configs_list";
    private const string Budgets = "budgets_list";
    private const double MostBudget = 1e15;

    /// <returns>The brackets; null where a fault was recorded.</returns>
    public static (int Trials, double Budget)[][]? Read(OptionReader options)
    {
        ImmutableArray<ImmutableArray<double>> counts = options.NumberLists(
            Counts, [], v => v >= 1 && v <= BracketPlan.MostTrials && v == Math.Floor(v), $"must be a list of whole numbers from 1 to {BracketPlan.MostTrials}, or a list of such lists");
        ImmutableArray<ImmutableArray<double>> budgets = options.NumberLists(
            Budgets, [], v => v is > 0 and < MostBudget, "must be a list of ascending numbers above 0, or a list of such lists");
        return BothGiven(options) && !counts.IsEmpty && !budgets.IsEmpty && Fit(options, counts, budgets)
            ? [.. counts.Zip(budgets, (n, b) => n.Zip(b, (count, budget) => ((int)count, budget)).ToArray())]
            : null;
    }

    private static bool BothGiven(OptionReader options)
    {
        bool hasCounts = options.IsGiven(Counts);
        bool hasBudgets = options.IsGiven(Budgets);
        if (!hasCounts)
        {
            options.Fault(Counts, null, "is missing: write down how many trials each level of a bracket has, such as [9, 3, 1]");
        }

        if (!hasBudgets)
        {
            options.Fault(Budgets, null, $"is missing: write down what each level of {Counts} may spend, such as [1, 3, 9]");
        }

        return hasCounts && hasBudgets;
    }

    private static bool Fit(OptionReader options, ImmutableArray<ImmutableArray<double>> counts, ImmutableArray<ImmutableArray<double>> budgets)
    {
        if (counts.Length != budgets.Length)
        {
            options.Fault(Budgets, $"{budgets.Length} brackets", $"must have as many brackets as {Counts}, which has {counts.Length}");
            return false;
        }

        bool fit = true;
        for (int i = 0; i < counts.Length; i++)
        {
            string at = counts.Length == 1 ? Budgets : $"{Budgets}[{i}]";
            string written = $"[{string.Join(", ", budgets[i].Select(BracketReasons.Number))}]";
            if (counts[i].Length != budgets[i].Length)
            {
                options.Fault(at, written, $"must have as many numbers as {Counts} has there, which is {counts[i].Length}");
                fit = false;
            }

            if (budgets[i].Zip(budgets[i].Skip(1)).Any(pair => pair.First >= pair.Second))
            {
                options.Fault(at, written, "must ascend");
                fit = false;
            }
        }

        if (fit && budgets.Max(b => b[^1]) / budgets.Min(b => b[0]) is var ratio and > MostBudget)
        {
            options.Fault(Budgets, BracketReasons.Number(ratio), $"must not differ by a larger factor than {BracketReasons.Number(MostBudget)}");
            fit = false;
        }

        return fit;
    }
}
