using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>Reads the options of the schedulers that play brackets.</summary>
internal static class BracketOptions
{
    private const string FactorRule = "must be above 1";
    private const string BudgetRule = "must be above 0, at most 1e15";

    /// <summary>Hyperband as published.</summary>
    public static ITrialScheduler Hyperband(OptionReader options)
    {
        double most = Either(options, "max_t", "max_iter", 81, v => v >= 1 && v == Math.Floor(v), "must be a whole number, at least 1");
        double factor = Factor(options);
        int levels = BracketTables.Levels(1, most, factor);
        int skip = (int)options.Integer("skip_last", 0, v => v is >= 0 and < 64, "must be a whole number from 0 to one less than the levels of the largest bracket");
        if (skip >= levels)
        {
            options.Fault("skip_last", $"{skip}", $"must be below the number of levels, which is {levels}");
            skip = 0;
        }

        return Scheduler("hyperband", options, IsTooLarge(options, "max_t", levels, 1, most, factor) ? Fallback : BracketTables.Published(most, factor, skip));
    }

    /// <summary>Hyperband with the tables of HpBandSter.</summary>
    public static ITrialScheduler BohbHyperband(OptionReader options) => Scheduler("bohbhyperband", options, Rounded(options));

    /// <summary>The largest bracket alone.</summary>
    public static ITrialScheduler SuccessiveHalving(OptionReader options) => Scheduler("successive_halving", options, Rounded(options)[..1]);

    /// <summary>Brackets that the user wrote down.</summary>
    public static ITrialScheduler Custom(OptionReader options) => Scheduler("custom_brackets", options, CustomBrackets.Read(options) ?? Fallback);

    /// <summary>What stands in where a fault was recorded: nothing runs then.</summary>
    private static (int Trials, double Budget)[][] Fallback => [[(1, 1)]];

    private static (int Trials, double Budget)[][] Rounded(OptionReader options)
    {
        double least = Either(options, "min_budget", "grace_period", 1, v => v is > 0 and <= 1e15, BudgetRule);
        double most = Either(options, "max_budget", "max_t", 81, v => v is > 0 and <= 1e15, BudgetRule);
        double factor = Factor(options);
        if (least > most)
        {
            options.Fault("min_budget", BracketReasons.Number(least), $"must be at most max_budget, which is {BracketReasons.Number(most)}");
            return Fallback;
        }

        return IsTooLarge(options, "max_budget", BracketTables.Levels(least, most, factor), least, most, factor) ? Fallback : BracketTables.Rounded(least, most, factor);
    }

    private static double Factor(OptionReader options) => Either(options, "reduction_factor", "eta", 3, v => v > 1, FactorRule);

    private static BracketScheduler Scheduler(string name, OptionReader options, (int Trials, double Budget)[][] cycle)
    {
        long iterations = options.Integer("n_iterations", 0, v => v is >= 0 and <= int.MaxValue, "must be a whole number, at least 1; or 0 for as many brackets as there are trials for");
        options.Choice("time_attr", "training_iteration", "training_iteration");
        return new(name, new(cycle), iterations == 0 ? int.MaxValue : (int)iterations);
    }

    /// <summary>Bounds the tables: levels · factor^levels trials may be too many to be meant.</summary>
    private static bool IsTooLarge(OptionReader options, string name, int levels, double least, double most, double factor)
    {
        bool isTooLarge = levels > 1000 || levels * Math.Pow(factor, levels - 1) > BracketPlan.MostTrials;
        if (isTooLarge)
        {
            options.Fault(name, BracketReasons.Number(most), $"asks, with budgets from {BracketReasons.Number(least)} on and reduction factor {BracketReasons.Number(factor)}, for brackets of more than {BracketPlan.MostTrials} trials");
        }

        return isTooLarge;
    }

    /// <summary>A number that goes by two names, which may not contradict each other.</summary>
    private static double Either(OptionReader options, string name, string synonym, double value, Func<double, bool> valid, string rule)
    {
        double first = options.Number(name, value, valid, rule);
        double second = options.Number(synonym, value, valid, rule);
        if (options.IsGiven(name) && options.IsGiven(synonym) && first != second)
        {
            options.Fault(synonym, BracketReasons.Number(second), $"must be left out or the same as {name}, which is {BracketReasons.Number(first)}");
        }

        return options.IsGiven(name) ? first : second;
    }
}
