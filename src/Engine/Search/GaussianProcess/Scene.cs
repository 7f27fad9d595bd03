using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A model, the box it is searched in, and the value to improve on.</summary>
/// <param name="model">Conditioned on the data.</param>
/// <param name="data">What it is conditioned on.</param>
/// <param name="margin">How much better than the best a point must be, in the units of the model.</param>
/// <param name="lower">Lower corner of the box; shape [d].</param>
/// <param name="upper">Upper corner of the box; shape [d].</param>
internal sealed class Scene(GpModel model, TrainingSet data, double margin, double[] lower, double[] upper)
{
    /// <summary>Draws over which the noisy expected improvement is averaged.</summary>
    private const int Draws = 16;

    /// <summary>Lower corner of the box; shape [d].</summary>
    public double[] Lower => lower;

    /// <summary>Upper corner of the box; shape [d].</summary>
    public double[] Upper => upper;

    /// <summary>Lets the model believe that a trial ends at its mean.</summary>
    /// <param name="point">As the kernel sees it; shape [d].</param>
    public void Believe(ReadOnlySpan<double> point) => model.Append(point, model.Mean(point));

    /// <summary>The acquisition function over points, weighted by the probability of feasibility.</summary>
    /// <remarks>
    /// The value to improve on is the lowest posterior mean at a feasible observation, which noise does not lower as it does the lowest value.
    /// Until there is a feasible observation, only the probability of feasibility counts (J. R. Gardner et al., ICML 2014, section 3).
    /// </remarks>
    /// <param name="function">Any but the portfolio.</param>
    /// <param name="feasibility">Constraints.</param>
    /// <param name="kappa">Weight of the standard deviation in the confidence bound.</param>
    /// <param name="random">Stream of the trial.</param>
    public PointValue Value(AcquisitionFunction function, Feasibility feasibility, double kappa, SeededRandom random)
    {
        if (BestOf(model) is not double best)
        {
            return Weighted(static (_, gradient) => Flat(gradient), feasibility, 1);
        }

        GpModel[] draws = function == AcquisitionFunction.NoisyExpectedImprovement ? model.WithoutNoise(Draws, random) : [model];
        if (draws.Length > 1)
        {
            return Weighted(new NoisyImprovement(draws, [.. draws.Select(draw => BestOf(draw)!.Value)]).Evaluate, feasibility, 1);
        }

        // A product of probabilities is a sum of logarithms; for the bound, which is no logarithm, in units of the signal.
        bool isBound = function == AcquisitionFunction.LowerConfidenceBound;
        bool isLogged = function == AcquisitionFunction.ExpectedImprovement && !feasibility.IsTrivial;
        PointValue plain = Plain(isLogged ? AcquisitionFunction.LogExpectedImprovement : function, best, kappa);
        return Weighted(plain, feasibility, isBound ? Math.Sqrt(model.Signal) : 1);
    }

    private static double Flat(Span<double> gradient)
    {
        gradient.Clear();
        return 0;
    }

    private static PointValue Weighted(PointValue value, Feasibility feasibility, double weight)
    {
        if (feasibility.IsTrivial)
        {
            return value;
        }

        return (point, gradient) =>
        {
            double sum = value(point, gradient);
            double[] addition = gradient.IsEmpty ? [] : new double[gradient.Length];
            sum += weight * feasibility.LogProbability(point, addition);
            for (int j = 0; j < gradient.Length; j++)
            {
                gradient[j] += weight * addition[j];
            }

            return sum;
        };
    }

    private PointValue Plain(AcquisitionFunction function, double best, double kappa)
    {
        double[] meanGradient = new double[model.Dimension];
        double[] varianceGradient = new double[model.Dimension];
        return (point, gradient) =>
        {
            (double mean, double variance) = gradient.IsEmpty ? model.Predict(point) : model.Predict(point, meanGradient, varianceGradient);
            double value = Acquisition.Evaluate(function, mean, variance, best, kappa, out double byMean, out double byVariance);
            for (int j = 0; j < gradient.Length; j++)
            {
                gradient[j] = (byMean * meanGradient[j]) + (byVariance * varianceGradient[j]);
            }

            return value;
        };
    }

    /// <summary>The value to improve on; null while no observation is feasible.</summary>
    private double? BestOf(GpModel conditioned)
    {
        double? best = null;
        for (int i = 0; i < data.Count; i++)
        {
            if (data.IsFeasible(i))
            {
                best = Math.Min(best ?? double.PositiveInfinity, conditioned.Mean(data.Point(i)) - margin);
            }
        }

        return best;
    }
}
