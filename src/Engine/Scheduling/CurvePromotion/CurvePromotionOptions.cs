using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>What a user says of <see cref="CurvePromotionScheduler"/>.</summary>
/// <param name="MaxT">Last step of a trial.</param>
/// <param name="Grace">Steps that every trial runs.</param>
/// <param name="Effort">Steps of the experiment by those that all trials would run to their end; in (0, 1].</param>
/// <param name="Optimism">How many standard deviations better than predicted a trial is hoped to be while trials are explored; at least 0.</param>
internal sealed record CurvePromotionOptions(long MaxT, long Grace, double Effort, double Optimism)
{
    public static CurvePromotionOptions Read(OptionReader options)
    {
        options.Choice("time_attr", "training_iteration", "training_iteration");
        long maxT = options.Integer("max_t", 100, v => v is >= 1 and <= 1_000_000_000, "must be a whole number from 1 to 1000000000");
        long grace = options.Integer("grace_period", 1, v => v >= 1, "must be a whole number, at least 1");
        double effort = options.Number("effort", 0.1, v => v is > 0 and <= 1, "must be above 0 and at most 1 (0.1 for a tenth of the steps that all trials would run)");
        double optimism = options.Number("optimism", 1, v => v is >= 0 and <= 10, "must be from 0 to 10");
        if (grace > maxT)
        {
            options.Fault("grace_period", $"{grace}", $"must be at most max_t, which is {maxT}");
            grace = maxT;
        }

        return new(maxT, grace, effort, optimism);
    }
}
