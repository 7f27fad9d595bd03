using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Options of <see cref="EtpeSearcher"/>, with UltraOpt's names and defaults.</summary>
internal sealed record EtpeOptions
{
    /// <summary>Percentage of the results that counts as good.</summary>
    public double TopNPercent { get; init; } = 15;

    /// <summary>Fewest points of a density.</summary>
    public int MinPointsInKde { get; init; } = 2;

    /// <summary>Fewest results of a model, and points of the initial design.</summary>
    public int MinPointsInModel { get; init; } = 20;

    /// <summary>Whether Silverman's rule is used, else Scott's.</summary>
    public bool IsSilverman { get; init; }

    /// <summary>How fast the widening of candidates fades: by this factor a suggestion.</summary>
    public double Gamma1 { get; init; } = 0.96;

    /// <summary>How much wider candidates are drawn when all were tried before.</summary>
    public double Gamma2 { get; init; } = 3;

    /// <summary>How much wider than the kernels the first candidates are drawn.</summary>
    public double MaxBandwidthFactor { get; init; } = 4;

    /// <summary>How much wider than the kernels the last candidates are drawn.</summary>
    public double MinBandwidthFactor { get; init; } = 1;

    /// <summary>How often candidates are drawn before a random configuration is taken.</summary>
    public int MaxTry { get; init; } = 3;

    /// <summary>Fewest candidates.</summary>
    public int MinCandidates { get; init; } = 8;

    /// <summary>Candidates for each embedded coordinate.</summary>
    public double CandidatesFactor { get; init; } = 4;

    /// <summary>Reads them.</summary>
    public static EtpeOptions Read(OptionReader options)
    {
        EtpeOptions defaults = new();
        return defaults with
        {
            TopNPercent = options.Number("top_n_percent", defaults.TopNPercent, value => value is > 0 and < 100, "must be above 0 and below 100"),
            MinPointsInKde = Whole(options, "min_points_in_kde", defaults.MinPointsInKde),
            MinPointsInModel = Whole(options, "min_points_in_model", defaults.MinPointsInModel),
            IsSilverman = options.Choice("bw_method", "scott", "scott", "silverman") == "silverman",
            Gamma1 = options.Number("gamma1", defaults.Gamma1, value => value is > 0 and <= 1, "must be above 0 and at most 1"),
            Gamma2 = options.Number("gamma2", defaults.Gamma2, value => value is >= 1 and <= 100, "must be between 1 and 100"),
            MaxBandwidthFactor = options.Number("max_bw_factor", defaults.MaxBandwidthFactor, value => value is > 0 and <= 100, "must be above 0 and at most 100"),
            MinBandwidthFactor = options.Number("min_bw_factor", defaults.MinBandwidthFactor, value => value is > 0 and <= 100, "must be above 0 and at most 100"),
            MaxTry = Whole(options, "max_try", defaults.MaxTry),
            MinCandidates = Whole(options, "min_n_candidates", defaults.MinCandidates),
            CandidatesFactor = options.Number("n_candidates_factor", defaults.CandidatesFactor, value => value is >= 0 and <= 1000, "must be between 0 and 1000"),
        };
    }

    private static int Whole(OptionReader options, string name, int value) =>
        (int)options.Integer(name, value, number => number is >= 1 and <= 100_000, "must be a whole number from 1 to 100000");
}
