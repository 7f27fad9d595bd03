namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>A model, the box it is searched in, and the value to improve on.</summary>
internal sealed class Scene
{
    private readonly GpModel _model;
    private readonly double? _best;

    /// <param name="model">Conditioned on the data.</param>
    /// <param name="data">What it is conditioned on.</param>
    /// <param name="margin">How much better than the best a point must be, in the units of the model.</param>
    /// <param name="lower">Lower corner; shape [d].</param>
    /// <param name="upper">Upper corner; shape [d].</param>
    public Scene(GpModel model, TrainingSet data, double margin, double[] lower, double[] upper)
    {
        (_model, Lower, Upper) = (model, lower, upper);
        for (int i = 0; i < data.Count; i++)
        {
            if (data.IsFeasible(i))
            {
                _best = Math.Min(_best ?? double.PositiveInfinity, model.Mean(data.Point(i)) - margin);
            }
        }
    }

    /// <summary>Lower corner of the box; shape [d].</summary>
    public double[] Lower { get; }

    /// <summary>Upper corner of the box; shape [d].</summary>
    public double[] Upper { get; }

    /// <summary>Lets the model believe that a trial ends at its mean.</summary>
    /// <param name="point">As the kernel sees it; shape [d].</param>
    public void Believe(ReadOnlySpan<double> point) => _model.Append(point, _model.Mean(point));

    /// <summary>The acquisition function over points, weighted by the probability of feasibility.</summary>
    /// <remarks>
    /// The value to improve on is the lowest posterior mean at a feasible observation, which noise does not lower as it does the lowest value.
    /// Until there is a feasible observation, only the probability of feasibility counts (J. R. Gardner et al., ICML 2014, section 3).
    /// </remarks>
    /// <param name="function">Any but the portfolio.</param>
    /// <param name="feasibility">Constraints.</param>
    /// <param name="kappa">Weight of the standard deviation in the confidence bound.</param>
    public PointValue Value(AcquisitionFunction function, Feasibility feasibility, double kappa)
    {
        double[] meanGradient = new double[_model.Dimension];
        double[] varianceGradient = new double[_model.Dimension];
        double[] scratch = new double[_model.Dimension];

        // A product of probabilities is a sum of logarithms; for the bound, which is no logarithm, in units of the signal.
        bool isBound = function == AcquisitionFunction.LowerConfidenceBound;
        AcquisitionFunction taken = function == AcquisitionFunction.ExpectedImprovement && !feasibility.IsTrivial ? AcquisitionFunction.LogExpectedImprovement : function;
        double weight = isBound ? Math.Sqrt(_model.Signal) : 1;
        return (point, gradient) =>
        {
            gradient.Clear();
            double value = 0;
            if (_best is double best)
            {
                (double mean, double variance) = gradient.IsEmpty ? _model.Predict(point) : _model.Predict(point, meanGradient, varianceGradient);
                value = Acquisition.Evaluate(taken, mean, variance, best, kappa, out double byMean, out double byVariance);
                for (int j = 0; j < gradient.Length; j++)
                {
                    gradient[j] = (byMean * meanGradient[j]) + (byVariance * varianceGradient[j]);
                }
            }

            if (!feasibility.IsTrivial)
            {
                scratch.AsSpan().Clear();
                value += weight * feasibility.LogProbability(point, gradient.IsEmpty ? [] : scratch);
                for (int j = 0; j < gradient.Length; j++)
                {
                    gradient[j] += weight * scratch[j];
                }
            }

            return value;
        };
    }
}
