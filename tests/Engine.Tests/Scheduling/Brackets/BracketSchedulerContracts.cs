using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Scheduling;
using HpoServerless.Engine.Tests.Experiments;

namespace HpoServerless.Engine.Tests.Scheduling.Brackets;

public sealed class HyperbandContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("hyperband", null);
}

public sealed class BohbHyperbandContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("bohbhyperband", null);
}

public sealed class SuccessiveHalvingContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("successive_halving", Given.Json("""{"min_budget": 0.25, "max_budget": 1, "eta": 2}"""));
}

public sealed class CustomBracketsContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("custom_brackets", Given.Json("""{"num_configs_list": [9, 3, 1], "budgets_list": [1, 3, 9]}"""));
}

/// <summary>Brackets whose later levels are as wide as the first, and larger.</summary>
public sealed class WideningBracketsContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() =>
        TrialSchedulerRegistry.Create("custom_brackets", Given.Json("""{"num_configs_list": [[2, 2, 5], [1]], "budgets_list": [[1, 3, 50], [4]]}"""));
}
