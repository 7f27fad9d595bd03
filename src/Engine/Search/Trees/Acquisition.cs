using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>How promising a point is, given what a model believes of it; higher is better.</summary>
/// <param name="kind">Which measure.</param>
/// <param name="xi">Improvement that does not count, in the units of the (transformed) objective; for all but <see cref="AcquisitionKind.Lcb"/>.</param>
/// <param name="kappa">Deviations by which <see cref="AcquisitionKind.Lcb"/> is optimistic.</param>
/// <remarks>
/// <para>All are of the transformed objective, the best value included.</para>
/// <para>
/// Sources: D. Jones, M. Schonlau, W. Welch, "Efficient global optimization of expensive black-box functions", J. Global Optim. 13 (1998), eq. 15;
/// F. Hutter et al., "An experimental investigation of model-based parameter optimisation", GECCO 2009, section 5.2, for <see cref="AcquisitionKind.LogEi"/>
/// (expected improvement of the objective itself where its logarithm is believed normal).
/// </para>
/// </remarks>
internal sealed class Acquisition(AcquisitionKind kind, double xi, double kappa)
{
    private static readonly AcquisitionKind[] Turns = [AcquisitionKind.Ei, AcquisitionKind.Lcb, AcquisitionKind.Pi];

    /// <summary>The measure that a trial uses.</summary>
    public Acquisition Of(int trial) => kind == AcquisitionKind.Hedge ? new(Turns[trial % Turns.Length], xi, kappa) : this;

    /// <summary>In words, for reasons.</summary>
    public string Description => kind switch
    {
        AcquisitionKind.Lcb => "lowest confidence bound",
        AcquisitionKind.Pi => "largest probability of improvement",
        _ => "largest expected improvement",
    };

    /// <summary>How promising.</summary>
    /// <param name="mean">Mean of what is believed.</param>
    /// <param name="deviation">Its standard deviation, at least 0.</param>
    /// <param name="best">Best value so far.</param>
    public double At(double mean, double deviation, double best)
    {
        double gain = best - xi - mean;
        double z = gain / deviation;
        return kind switch
        {
            AcquisitionKind.Lcb => (kappa * deviation) - mean,
            AcquisitionKind.Pi => deviation > 0 ? Normal.Cdf(z) : Math.Sign(gain),
            AcquisitionKind.LogEi when deviation > 0 =>
                (Math.Exp(best - xi) * Normal.Cdf(z)) - (Math.Exp(mean + (0.5 * deviation * deviation)) * Normal.Cdf(z - deviation)),
            AcquisitionKind.LogEi => Math.Exp(best - xi) - Math.Exp(mean),
            _ => deviation > 0 ? (gain * Normal.Cdf(z)) + (deviation * Normal.Pdf(z)) : gain,
        };
    }
}

/// <summary>Measures of promise.</summary>
internal enum AcquisitionKind
{
    /// <summary>Expected improvement.</summary>
    Ei,

    /// <summary>Expected improvement before the logarithm.</summary>
    LogEi,

    /// <summary>Lower confidence bound.</summary>
    Lcb,

    /// <summary>Probability of improvement.</summary>
    Pi,

    /// <summary>Expected improvement, confidence bound and probability in turns, by the number of the trial.</summary>
    Hedge,
}
