using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Scheduling.Brackets;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

/// <summary>The tables. Reference: what HpBandSter and UltraOpt make of the same options, and the published table of Hyperband, but for two rows that rounding errors spoil there.</summary>
public sealed class BracketTablesTests
{
    private static string Text(BracketPlan plan) => string.Join(" | ", Enumerable.Range(0, plan.Length).Select(k => Text(plan, k)));

    private static string Text(BracketPlan plan, int iteration) =>
        string.Join(" ", plan[iteration].Select(level => string.Create(CultureInfo.InvariantCulture, $"{level.Trials}@{level.Budget:G6}")));

    private static int Jobs(BracketPlan plan, int iterations) => Enumerable.Range(0, iterations).Sum(k => plan[k].Sum(level => level.Trials));

    private static BracketPlan Plan(string scheduler, string options) => ((BracketScheduler)TrialSchedulerRegistry.Create(scheduler, Given.Json(options))).Plan;

    private static BracketPlan Rounded(double least, double most, double factor) => new(BracketTables.Rounded(least, most, factor));

    [Theory]
    [InlineData(0.25, 1, 2, "4@0.25 2@0.5 1@1 | 2@0.5 1@1 | 3@1")]
    [InlineData(0.125, 1, 2, "8@0.125 4@0.25 2@0.5 1@1 | 4@0.25 2@0.5 1@1 | 4@0.5 2@1 | 4@1")]
    [InlineData(0.0625, 1, 4, "16@0.0625 4@0.25 1@1 | 4@0.25 1@1 | 3@1")]
    [InlineData(25, 100, 2, "4@25 2@50 1@100 | 2@50 1@100 | 3@100")]
    [InlineData(3, 100, 3, "27@3.7037 9@11.1111 3@33.3333 1@100 | 9@11.1111 3@33.3333 1@100 | 6@33.3333 2@100 | 4@100")]
    [InlineData(1, 81, 3, "81@1 27@3 9@9 3@27 1@81 | 27@3 9@9 3@27 1@81 | 9@9 3@27 1@81 | 6@27 2@81 | 5@81")]
    [InlineData(1, 9, 3, "9@1 3@3 1@9 | 3@3 1@9 | 3@9")]
    [InlineData(1, 64, 2, "64@1 32@2 16@4 8@8 4@16 2@32 1@64 | 32@2 16@4 8@8 4@16 2@32 1@64 | 16@4 8@8 4@16 2@32 1@64 | 8@8 4@16 2@32 1@64 | 8@16 4@32 2@64 | 6@32 3@64 | 7@64")]
    public void Brackets_of_HpBandSter(double least, double most, double factor, string expected) => Assert.Equal(expected, Text(Rounded(least, most, factor)));

    [Theory]
    [InlineData(0.25, 1, 2, 3, 13)]
    [InlineData(0.25, 1, 2, 20, 88)]
    [InlineData(0.25, 1, 2, 30, 130)]
    [InlineData(0.125, 1, 2, 4, 32)]
    [InlineData(0.0625, 1, 4, 3, 29)]
    [InlineData(0.0625, 1, 4, 5, 55)]
    [InlineData(25, 100, 2, 3, 13)]
    [InlineData(25, 100, 2, 50, 218)]
    [InlineData(3, 100, 3, 4, 65)]
    [InlineData(3, 100, 3, 250, 4083)]
    [InlineData(1, 81, 3, 5, 187)]
    [InlineData(1, 9, 3, 3, 20)]
    [InlineData(1, 64, 2, 7, 266)]
    [InlineData(0.01, 1, 3, 4, 182)] // the defaults of Auptimizer's bohb
    public void Jobs_of_so_many_brackets(double least, double most, double factor, int iterations, int expected) =>
        Assert.Equal(expected, Jobs(Rounded(least, most, factor), iterations));

    [Theory]
    [InlineData(1, 81, 3, 1701)]
    [InlineData(1, 9, 3, 72)]
    public void Budget_of_a_cycle(double least, double most, double factor, double expected)
    {
        BracketPlan plan = Rounded(least, most, factor);

        Assert.Equal(expected, Enumerable.Range(0, plan.Length).Sum(k => plan[k].Sum(level => level.Trials * level.Budget)), 1e-9);
    }

    [Theory]
    [InlineData(1, 243, 3, 6)]
    [InlineData(1, 1000, 10, 4)]
    [InlineData(0.01, 1, 3, 5)]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, 2.9, 3, 1)]
    public void Rounding_errors_of_logarithms_cost_no_level(double least, double most, double factor, int levels)
    {
        BracketPlan plan = Rounded(least, most, factor);

        Assert.Equal(levels, plan.Length);
        Assert.Equal(levels, plan[0].Length);
        Assert.Equal(most, plan[0][^1].Budget);
    }

    [Theory]
    [InlineData(81, 0, "81@1 27@3 9@9 3@27 1@81 | 34@3 11@9 3@27 1@81 | 15@9 5@27 1@81 | 8@27 2@81 | 5@81", 206)]
    [InlineData(9, 0, "9@1 3@3 1@9 | 5@3 1@9 | 3@9", 22)]
    [InlineData(1, 0, "1@1", 1)]
    [InlineData(9, 1, "9@1 3@3 | 5@3", 17)]
    [InlineData(9, 2, "9@1", 9)]
    public void Brackets_as_published(int most, int skipLast, string expected, int jobs)
    {
        BracketPlan plan = Plan("hyperband", $$"""{"max_iter": {{most}}, "eta": 3, "skip_last": {{skipLast}}}""");

        Assert.Equal(expected, Text(plan));
        Assert.Equal(jobs, Jobs(plan, plan.Length));
    }

    [Fact]
    public void Defaults_are_Ray_s()
    {
        Assert.Equal(206, Jobs(Plan("hyperband", "{}"), 5));
        Assert.Equal(187, Jobs(Plan("bohbhyperband", "{}"), 5));
        Assert.Equal("81@1 27@3 9@9 3@27 1@81", Text(Plan("successive_halving", "{}")));
    }

    [Fact]
    public void Successive_halving_is_the_largest_bracket_again_and_again()
    {
        BracketPlan plan = Plan("successive_halving", """{"min_budget": 0.0625, "max_budget": 1, "eta": 4}""");

        Assert.Equal("16@0.0625 4@0.25 1@1", Text(plan));
        Assert.Equal(plan[0], plan[1]);
        Assert.Equal(5 * 21, Jobs(plan, 5));
    }

    [Theory]
    [InlineData("""{"num_configs_list": [4, 2, 1], "budgets_list": [1, 2.5, 10]}""", "4@1 2@2.5 1@10")]
    [InlineData("""{"num_configs_list": [[4, 1], [3]], "budgets_list": [[0.5, 1], [1]]}""", "4@0.5 1@1 | 3@1")]
    [InlineData("""{"num_configs_list": [2, 5], "budgets_list": [[1, 2]]}""", "2@1 5@2")]
    public void Custom_brackets_are_taken_as_they_are(string options, string expected) => Assert.Equal(expected, Text(Plan("custom_brackets", options)));

    [Theory]
    [InlineData("""{"num_configs_list": [4, 2]}""", "budgets_list")]
    [InlineData("""{"budgets_list": [1, 2, 3]}""", "num_configs_list")]
    [InlineData("""{"num_configs_list": [4, 2], "budgets_list": [1, 2, 3]}""", "budgets_list")]
    [InlineData("""{"num_configs_list": [[4], [2]], "budgets_list": [[1]]}""", "budgets_list")]
    [InlineData("""{"num_configs_list": [[4], [2, 1]], "budgets_list": [[1], [1]]}""", "budgets_list[1]")]
    [InlineData("""{"num_configs_list": [4, 2], "budgets_list": [2, 1]}""", "budgets_list")]
    [InlineData("""{"num_configs_list": [4, 0], "budgets_list": [1, 2]}""", "num_configs_list")]
    [InlineData("""{"num_configs_list": [4, 1.5], "budgets_list": [1, 2]}""", "num_configs_list")]
    [InlineData("""{"num_configs_list": [[4], 2], "budgets_list": [[1], [2]]}""", "num_configs_list")]
    [InlineData("""{"num_configs_list": "4", "budgets_list": [1]}""", "num_configs_list")]
    [InlineData("""{"num_configs_list": [4], "budgets_list": []}""", "budgets_list")]
    [InlineData("""{"num_configs_list": [4], "budgets_list": [-1]}""", "budgets_list")]
    [InlineData("""{"num_configs_list": [4, 2], "budgets_list": [1e-10, 1e10]}""", "budgets_list")]
    public void Custom_brackets_that_do_not_fit_are_refused(string options, string key) => AssertFault("custom_brackets", options, key);

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    public void Custom_brackets_that_nobody_wrote_down_are_missing(string? options)
    {
        IEnumerable<Fault> faults = TrialSchedulerRegistry.FaultsOf("custom_brackets", options is null ? null : Given.Json(options), space: null);

        Assert.Equal(["hpo_config.scheduler_param.num_configs_list", "hpo_config.scheduler_param.budgets_list"], faults.Select(fault => fault.Path));
        Assert.All(faults, fault => Assert.StartsWith("is missing", fault.Rule, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hyperband", """{"max_t": 0}""", "max_t")]
    [InlineData("hyperband", """{"max_t": 9, "max_iter": 27}""", "max_iter")]
    [InlineData("hyperband", """{"max_t": 81, "max_iter": 27}""", "max_iter")]
    [InlineData("hyperband", """{"eta": 1}""", "eta")]
    [InlineData("hyperband", """{"max_t": 9, "skip_last": 3}""", "skip_last")]
    [InlineData("hyperband", """{"max_t": 10000000}""", "max_t")]
    [InlineData("hyperband", """{"max_t": 100, "eta": 1.0001}""", "max_t")]
    [InlineData("bohbhyperband", """{"min_budget": 10, "max_budget": 9}""", "min_budget")]
    [InlineData("bohbhyperband", """{"min_budget": 0}""", "min_budget")]
    [InlineData("bohbhyperband", """{"max_t": 9, "max_budget": 27}""", "max_t")]
    [InlineData("successive_halving", """{"reduction_factor": 2, "eta": 4}""", "eta")]
    [InlineData("successive_halving", """{"n_iterations": -1}""", "n_iterations")]
    public void Options_out_of_range_are_refused(string scheduler, string options, string key) => AssertFault(scheduler, options, key);

    // Whole budgets are steps as they are; fractions are counted in the smallest one.
    [Theory]
    [InlineData("""{"min_budget": 0.0625, "max_budget": 1, "eta": 4}""", new long[] { 1, 4, 16 })]
    [InlineData("""{"min_budget": 0.25, "max_budget": 1, "eta": 2}""", new long[] { 1, 2, 4 })]
    [InlineData("""{"min_budget": 3, "max_budget": 100, "eta": 3}""", new long[] { 4, 11, 33, 100 })]
    [InlineData("""{"min_budget": 1, "max_budget": 81, "eta": 3}""", new long[] { 1, 3, 9, 27, 81 })]
    [InlineData("""{"min_budget": 0.2, "max_budget": 10, "eta": 7}""", new long[] { 1, 7, 49 })]
    [InlineData("""{"min_budget": 1.2, "max_budget": 2, "eta": 1.25}""", new long[] { 1, 2, 3 })]
    [InlineData("""{"min_budget": 2.5, "max_budget": 5, "eta": 2}""", new long[] { 3, 5 })]
    public void Steps_are_whole_and_ascend(string options, long[] steps) => Assert.Equal(steps, Plan("successive_halving", options)[0].Select(level => level.Step));

    [Theory]
    [InlineData("hb_bohb", "bohbhyperband")]
    [InlineData("ultraopt_hyperband", "bohbhyperband")]
    public void Other_names(string alias, string name) => Assert.Equal(name, TrialSchedulerRegistry.Create(alias, null).Name);

    private static void AssertFault(string scheduler, string options, string key)
    {
        Fault fault = Assert.Single(Assert.Throws<InvalidInputException>(() => TrialSchedulerRegistry.Create(scheduler, Given.Json(options))).Faults);

        Assert.Equal($"hpo_config.scheduler_param.{key}", fault.Path);
    }
}
