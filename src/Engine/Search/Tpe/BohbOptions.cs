using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Options of <see cref="BohbSearcher"/>, with HpBandSter's names and defaults.</summary>
internal sealed record BohbOptions
{
    /// <summary>Fewest results of a model; 0 for one more than there are coordinates, which is the least in any case.</summary>
    public int MinPointsInModel { get; init; }

    /// <summary>Percentage of the results that counts as good.</summary>
    public double TopNPercent { get; init; } = 15;

    /// <summary>Candidates that are drawn for each suggestion.</summary>
    public int Samples { get; init; } = 64;

    /// <summary>Share of suggestions that are random.</summary>
    public double RandomFraction { get; init; } = 1.0 / 3;

    /// <summary>How much wider than the kernels candidates are drawn.</summary>
    public double BandwidthFactor { get; init; } = 3;

    /// <summary>Least bandwidth.</summary>
    public double MinBandwidth { get; init; } = 1e-3;

    /// <summary>Reads them.</summary>
    public static BohbOptions Read(OptionReader options)
    {
        BohbOptions defaults = new();
        return defaults with
        {
            MinPointsInModel = (int)options.Integer("min_points_in_model", 0, value => value is >= 0 and <= 1_000_000, "must be a whole number from 0 to 1000000"),
            TopNPercent = options.Number("top_n_percent", defaults.TopNPercent, value => value is > 0 and < 100, "must be above 0 and below 100"),
            Samples = (int)options.Integer("num_samples", defaults.Samples, value => value is >= 1 and <= 1_000_000, "must be a whole number from 1 to 1000000"),
            RandomFraction = options.Number("random_fraction", defaults.RandomFraction, value => value is >= 0 and <= 1, "must be between 0 and 1"),
            BandwidthFactor = options.Number("bandwidth_factor", defaults.BandwidthFactor, value => value is > 0 and <= 1000, "must be above 0 and at most 1000"),
            MinBandwidth = options.Number("min_bandwidth", defaults.MinBandwidth, value => value is > 0 and <= 1, "must be above 0 and at most 1"),
        };
    }
}
