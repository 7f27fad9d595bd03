using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Makes searchers with trees of the options in experiment files.</summary>
internal static class TreeSearchers
{
    /// <summary>The searcher <c>forest</c>.</summary>
    public static ISearcher Forest(OptionReader options)
    {
        ForestKind kind = options.Choice("forest_type", "ET", "ET", "RF") == "RF" ? ForestKind.Random : ForestKind.Extra;
        int trees = Count(options, "n_estimators", 20);
        bool bootstrap = options.Boolean("bootstrap", false);
        return new TreeSearcher("forest", new Forest(kind, trees, bootstrap), Options(options, "log_scaled"));
    }

    /// <summary>The searcher <c>gbrt</c>.</summary>
    public static ISearcher Boosting(OptionReader options) =>
        new TreeSearcher("gbrt", new QuantileBoosting(Count(options, "n_estimators", 30)), Options(options, "none"));

    /// <summary>A whole number of at least 1 and at most 1000.</summary>
    private static int Count(OptionReader options, string name, int value) =>
        (int)options.Integer(name, value, number => number is >= 1 and <= 1000, "must be a whole number from 1 to 1000");

    private static TreeOptions Options(OptionReader options, string transformer)
    {
        TreeOptions defaults = new();
        LossScale scale = options.Choice("loss_transformer", transformer, "log_scaled", "scaled", "none") switch
        {
            "none" => LossScale.None,
            "scaled" => LossScale.Scaled,
            _ => LossScale.Log,
        };
        string measure = options.Choice("acq_func", "EI", "EI", "LogEI", "LCB", "PI");
        AcquisitionKind kind = measure switch
        {
            "LogEI" => AcquisitionKind.LogEi,
            "LCB" => AcquisitionKind.Lcb,
            "PI" => AcquisitionKind.Pi,
            _ => AcquisitionKind.Ei,
        };
        if (kind == AcquisitionKind.LogEi && scale != LossScale.Log)
        {
            options.Fault("acq_func", "\"LogEI\"", "needs loss_transformer log_scaled");
        }

        return new()
        {
            InitialPoints = Count(options, "min_points_in_model", defaults.InitialPoints),
            Samples = (int)options.Integer("n_samples", defaults.Samples, number => number is >= 10 and <= 100_000, "must be a whole number from 10 to 100000"),
            UsesLocalSearch = options.Boolean("use_local_search", defaults.UsesLocalSearch),
            Scale = scale,
            Acquisition = new(
                kind,
                options.Number("xi", 0, number => number >= 0, "must be at least 0"),
                options.Number("kappa", 1.96, number => number >= 0, "must be at least 0")),
        };
    }
}
