using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>How a population is trained, whoever chooses new configurations.</summary>
/// <param name="Interval">Steps between two comparisons; at least 1.</param>
/// <param name="Quantile">Share of the trials that gives way to the same share of the best, in [0, 0.5].</param>
/// <param name="MaxT">Step at which a trial is complete.</param>
/// <param name="Size">Trials at most; 0 for all of the experiment.</param>
internal sealed record PopulationOptions(long Interval, double Quantile, long MaxT, long Size)
{
    public static PopulationOptions Read(OptionReader options)
    {
        const string positive = "must be a whole number from 1 to 1000000000";
        options.Choice("time_attr", "training_iteration", "training_iteration");
        return new(
            options.Integer("perturbation_interval", 5, v => v is >= 1 and <= 1_000_000_000, positive),
            options.Number("quantile_fraction", 0.25, v => v is >= 0 and <= 0.5, "must be from 0 to 0.5"),
            options.Integer("max_t", 100, v => v is >= 1 and <= 1_000_000_000, positive),
            options.Integer("population_size", 0, v => v is 0 or (>= 2 and <= 1_000_000), "must be a whole number from 2 to 1000000, or 0 for all trials of the experiment"));
    }

    /// <summary>The step after <paramref name="step"/> at which a trial asks.</summary>
    public long NextAsk(long step) => Math.Min(((step / Interval) + 1) * Interval, MaxT);
}
