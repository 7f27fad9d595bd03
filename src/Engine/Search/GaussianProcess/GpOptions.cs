using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Options of <see cref="GpSearcher"/>.</summary>
public sealed record GpOptions
{
    /// <summary>Registered name of the searcher; also names its random streams.</summary>
    public string Name { get; init; } = "gp";

    /// <summary>What decides which point is worth evaluating.</summary>
    public AcquisitionFunction AcquisitionFunction { get; init; } = AcquisitionFunction.LogExpectedImprovement;

    /// <summary>Points of the initial design; null for 2d + 1, at least 5 and at most 10.</summary>
    public int? InitialPoints { get; init; }

    /// <summary>How much better than the best value a point must be to count as improvement, in distances of the median value from the best.</summary>
    public double Xi { get; init; }

    /// <summary>Weight of the standard deviation in the confidence bound.</summary>
    public double Kappa { get; init; } = 1.96;

    /// <summary>Whether some of the trials go into a trust region around the best point, and explore once that has converged.</summary>
    public bool UsesTrustRegion { get; init; } = true;

    /// <summary>Reads <c>acq_func</c>, <c>n_initial_points</c>, <c>xi</c> and <c>kappa</c>.</summary>
    internal static GpOptions Read(OptionReader options) => new()
    {
        AcquisitionFunction = ReadAcquisition(options, "log_ei"),
        InitialPoints = ReadCount(options, "n_initial_points"),
        Xi = options.Number("xi", 0, xi => xi >= 0, "must be at least 0"),
        Kappa = options.Number("kappa", 1.96, kappa => kappa >= 0, "must be at least 0"),
    };

    /// <summary>Reads <c>num_initialization_trials</c>: a Sobol design, then noisy expected improvement.</summary>
    internal static GpOptions ReadAx(OptionReader options) => new()
    {
        Name = "ax",
        AcquisitionFunction = AcquisitionFunction.NoisyExpectedImprovement,
        InitialPoints = ReadCount(options, "num_initialization_trials"),
    };

    /// <summary>Reads <c>acq_func</c>.</summary>
    internal static AcquisitionFunction ReadAcquisition(OptionReader options, string value) =>
        options.Choice("acq_func", value, "log_ei", "ei", "nei", "ucb", "lcb", "pi", "gp_hedge") switch
        {
            "ei" => AcquisitionFunction.ExpectedImprovement,
            "nei" => AcquisitionFunction.NoisyExpectedImprovement,
            "ucb" or "lcb" => AcquisitionFunction.LowerConfidenceBound,
            "pi" => AcquisitionFunction.ProbabilityOfImprovement,
            "gp_hedge" => AcquisitionFunction.Hedge,
            _ => AcquisitionFunction.LogExpectedImprovement,
        };

    /// <summary>Reads a number of initial points; 0 where it is not given.</summary>
    internal static int? ReadCount(OptionReader options, string name) =>
        options.Integer(name, 0, count => count is >= 0 and <= 1000, "must be between 0 and 1000, 0 for 2 d + 1 but at least 5 and at most 10") is > 0 and long count ? (int)count : null;
}
