using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>A numeric hyperparameter between two quantiles of its distribution, seen as the unit interval.</summary>
/// <param name="Parameter">The hyperparameter.</param>
/// <param name="From">Lower quantile.</param>
/// <param name="To">Upper quantile.</param>
internal sealed record ExplorationAxis(Parameter Parameter, double From, double To)
{
    /// <summary>The value at a fraction of the way.</summary>
    public ParameterValue At(double unit) => Parameter.Decode(From + (unit * (To - From)));

    /// <summary>The fraction of the way; 0.5 where the hyperparameter is not active.</summary>
    public double UnitIn(Configuration configuration) =>
        To > From && configuration.TryGetValue(Parameter.Name, out ParameterValue value) ? Math.Clamp((Parameter.Encode(value) - From) / (To - From), 0, 1) : 0.5;
}
