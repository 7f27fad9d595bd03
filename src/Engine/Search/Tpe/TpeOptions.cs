using HpoServerless.Engine.Options;

namespace HpoServerless.Engine.Search.Tpe;

/// <summary>Options of <see cref="TpeSearcher"/>, named as users of Optuna, hyperopt and Ray know them.</summary>
internal sealed record TpeOptions
{
    /// <summary>Whether coordinates are modelled together; else each by itself.</summary>
    public bool Multivariate { get; init; } = true;

    /// <summary>Results that did not fail before the model is used.</summary>
    public int StartupTrials { get; init; } = 10;

    /// <summary>Candidates that are drawn for each suggestion.</summary>
    public int Candidates { get; init; } = 128;

    /// <summary>Part of the results that counts as good.</summary>
    public double Gamma { get; init; } = 0.1;

    /// <summary>Weight of the prior, where a result weighs 1 on average.</summary>
    public double PriorWeight { get; init; } = 1;

    /// <summary>Whether bandwidths stay above a hundredth of the range.</summary>
    public bool MagicClip { get; init; } = true;

    /// <summary>Whether running trials count as bad results; else only their very configurations are avoided.</summary>
    public bool ConstantLiar { get; init; } = true;

    /// <summary>Reads them.</summary>
    public static TpeOptions Read(OptionReader options)
    {
        TpeOptions defaults = new();
        return defaults with
        {
            Multivariate = options.Boolean("multivariate", defaults.Multivariate),
            StartupTrials = Synonyms(options, defaults.StartupTrials, 1, "n_startup_trials", "n_initial_points"),
            Candidates = Synonyms(options, defaults.Candidates, 1, "n_ei_candidates", "n_EI_candidates"),
            Gamma = options.Number("gamma", defaults.Gamma, value => value is > 0 and < 1, "must be above 0 and below 1"),
            PriorWeight = options.Number("prior_weight", defaults.PriorWeight, value => value is > 0 and <= 1e6, "must be above 0 and at most 1000000"),
            MagicClip = options.Boolean("consider_magic_clip", defaults.MagicClip),
            ConstantLiar = options.Boolean("constant_liar", defaults.ConstantLiar),
        };
    }

    /// <summary>A whole number that goes by two names, which may not contradict each other.</summary>
    private static int Synonyms(OptionReader options, int value, int least, string name, string synonym)
    {
        int first = Read(name);
        int second = Read(synonym);
        if (first != value && second != value && first != second)
        {
            options.Fault(synonym, $"{second}", $"must be left out or the same as {name}, which is {first}");
        }

        return first != value ? first : second;

        int Read(string key) => (int)options.Integer(key, value, number => number >= least && number <= 1_000_000, $"must be a whole number from {least} to 1000000");
    }
}
