using HpoServerless.Engine.Options;
using HpoServerless.Engine.Search.GaussianProcess;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>scikit-optimize's optimiser with its names of options: one of our searchers, by the base estimator.</summary>
/// <remarks>Departure: with trees, <c>gp_hedge</c> takes its three measures in turns instead of with probabilities that it learns.</remarks>
internal static class SkoptFront
{
    /// <summary>Makes the searcher.</summary>
    public static ISearcher Create(OptionReader options)
    {
        string estimator = options.Choice("base_estimator", "GP", "GP", "RF", "ET", "GBRT");
        AcquisitionKind kind = options.Choice("acq_func", "gp_hedge", "gp_hedge", "EI", "LCB", "PI") switch
        {
            "EI" => AcquisitionKind.Ei,
            "LCB" => AcquisitionKind.Lcb,
            "PI" => AcquisitionKind.Pi,
            _ => AcquisitionKind.Hedge,
        };
        int initial = (int)options.Integer("n_initial_points", 10, number => number is >= 1 and <= 1000, "must be a whole number from 1 to 1000");
        double xi = options.Number("xi", 0.01, number => number >= 0, "must be at least 0");
        double kappa = options.Number("kappa", 1.96, number => number >= 0, "must be at least 0");
        TreeOptions tree = new() { InitialPoints = initial, Scale = LossScale.None, Acquisition = new(kind, xi, kappa) };
        return estimator switch
        {
            "GBRT" => new TreeSearcher("gbrt", new QuantileBoosting(30), tree),
            "RF" => new TreeSearcher("forest", new Forest(ForestKind.Random, 100, bootstrap: true), tree),
            "ET" => new TreeSearcher("forest", new Forest(ForestKind.Extra, 100, bootstrap: false), tree),
            _ => new GpSearcher(new() { AcquisitionFunction = Measure(kind), InitialPoints = initial, Xi = xi, Kappa = kappa }),
        };
    }

    private static AcquisitionFunction Measure(AcquisitionKind kind) => kind switch
    {
        AcquisitionKind.Ei => AcquisitionFunction.ExpectedImprovement,
        AcquisitionKind.Lcb => AcquisitionFunction.LowerConfidenceBound,
        AcquisitionKind.Pi => AcquisitionFunction.ProbabilityOfImprovement,
        _ => AcquisitionFunction.Hedge,
    };
}
