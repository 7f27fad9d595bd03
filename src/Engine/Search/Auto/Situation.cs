using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>What the choice of an algorithm depends on: a function of the context and the state.</summary>
internal sealed class Situation
{
    /// <summary>Most parameters of which a model is made.</summary>
    public const int MostForModels = 100;

    /// <summary>Results from which on a model must pay for itself.</summary>
    private const int ManyResults = 100;

    /// <summary>Seconds between two trials below which a model takes longer than it can save.</summary>
    private const double Fast = 0.05;

    private const int FewestTimes = 5;

    private Situation(SearchContext context, SearchHistory history, AutoState state)
    {
        Axis[] axes = [.. history.Axes.Axes.Where(axis => !axis.IsConstant)];
        Parameters = axes.Length;
        Categorical = axes.Count(axis => axis.IsNominal);
        Objectives = context.Objectives;
        IsFinite = history.Axes.IsFinite;
        Results = history.ByTrial.Count;
        if (Results >= ManyResults)
        {
            // Decided once: times differ from run to run, and a choice that follows them would make every run another.
            state.IsFast ??= AreFast(context, history);
        }

        IsFast = state.IsFast ?? false;
    }

    /// <summary>Parameters with more than one value.</summary>
    public int Parameters { get; }

    /// <summary>Those without an order.</summary>
    public int Categorical { get; }

    /// <summary>Objectives to minimise.</summary>
    public int Objectives { get; }

    /// <summary>Whether the space has finitely many configurations.</summary>
    public bool IsFinite { get; }

    /// <summary>Finished trials, the failed ones included.</summary>
    public int Results { get; }

    /// <summary>Whether there are many results and the next trial will be over sooner than a model could be fitted.</summary>
    public bool IsFast { get; }

    /// <summary>The parameters in words.</summary>
    public string Kinds =>
        Categorical == 0 ? $"{Parameters} numeric parameter{(Parameters == 1 ? string.Empty : "s")}"
        : Categorical == Parameters ? $"{Parameters} categorical parameter{(Parameters == 1 ? string.Empty : "s")}"
        : $"{Parameters - Categorical} numeric and {Categorical} categorical parameters";

    /// <summary>Reads a situation.</summary>
    public static Situation Of(SearchContext context, SearchHistory history, AutoState state) => new(context, history, state);

    private static bool AreFast(SearchContext context, SearchHistory history)
    {
        double[] seconds = [.. history.ByTrial.Where(point => point.Observation.Seconds is not null).Select(point => point.Observation.Seconds!.Value).Order()];
        return seconds.Length >= FewestTimes && seconds[seconds.Length / 2] / Math.Max(context.Parallelism, context.Pending.Count) < Fast;
    }
}
