using HpoServerless.Contracts.Scheduling;
using HpoServerless.Engine.Scheduling;

namespace HpoServerless.Engine.Tests.Scheduling;

public sealed class MedianContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("median", null);
}

public sealed class PercentileContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("percentile", null);
}

public sealed class TruncationContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("truncation", null);
}

public sealed class BanditContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("bandit", null);
}

public sealed class ThresholdContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("threshold", null);
}

public sealed class PatientContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("patient", null);
}

public sealed class CurveFittingContract : TrialSchedulerContract
{
    protected override ITrialScheduler Create() => TrialSchedulerRegistry.Create("curve_fitting", null);
}
