using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>How probable it is that a point meets all constraints, failure being one of them.</summary>
/// <remarks>
/// Source: J. R. Gardner, M. J. Kusner, Z. Xu, K. Q. Weinberger, J. P. Cunningham, "Bayesian optimization with inequality constraints", ICML
/// 2014, section 3: one Gaussian process a constraint, taken as independent. Departures: large constraint values are compressed to their
/// logarithm; whether a trial fails is modelled like a constraint with the values 1 (failed) and -1.
/// </remarks>
internal sealed class Feasibility
{
    private readonly List<(GpModel Model, double Threshold)> _parts = [];
    private readonly double[] _meanGradient;
    private readonly double[] _varianceGradient;

    private Feasibility(int dimension)
    {
        _meanGradient = new double[dimension];
        _varianceGradient = new double[dimension];
    }

    /// <summary>Whether there is nothing to meet, as far as is known.</summary>
    public bool IsTrivial => _parts.Count == 0;

    /// <summary>Fits one model a constraint, and one of failure if any trial failed.</summary>
    /// <param name="space">The space.</param>
    /// <param name="history">All observations.</param>
    /// <param name="state">Hyperparameters to start from; receives the fitted ones.</param>
    /// <param name="most">Observations a model takes at most: the latest.</param>
    public static Feasibility Fit(ModelSpace space, SearchHistory history, Dictionary<string, FitState> state, int most)
    {
        Feasibility feasibility = new(space.Dimension);
        EvaluatedPoint[] recent = [.. history.ByTrial.TakeLast(most)];
        if (recent.Any(point => point.Value is null))
        {
            feasibility.Add(space, recent, [.. recent.Select(point => point.Value is null ? 1.0 : -1)], "failure", state, history.ByTrial.Count);
        }

        int constraints = recent.Select(Length).DefaultIfEmpty(0).Max();
        for (int k = 0; k < constraints; k++)
        {
            EvaluatedPoint[] measured = [.. recent.Where(point => Length(point) > k)];
            double[] values = [.. measured.Select(point => point.Observation.Constraints[k])];
            double typical = values.Select(Math.Abs).Order().ElementAt(values.Length / 2);
            typical = typical > 0 ? typical : 1;
            feasibility.Add(space, measured, [.. values.Select(value => Math.CopySign(ImprovementFunction.Log1P(Math.Abs(value) / typical), value))], $"constraint{k}", state, history.ByTrial.Count);
        }

        return feasibility;
    }

    /// <summary>Logarithm of the probability, and its gradient.</summary>
    /// <param name="point">As the kernel sees it; shape [d].</param>
    /// <param name="gradient">The gradient is added to it; shape [d], or empty where it is not wanted.</param>
    public double LogProbability(ReadOnlySpan<double> point, Span<double> gradient)
    {
        double sum = 0;
        foreach ((GpModel model, double threshold) in _parts)
        {
            (double mean, double variance) = gradient.IsEmpty ? model.Predict(point) : model.Predict(point, _meanGradient, _varianceGradient);
            sum += Acquisition.Evaluate(AcquisitionFunction.ProbabilityOfImprovement, mean, variance, threshold, 0, out double byMean, out double byVariance);
            for (int j = 0; j < gradient.Length; j++)
            {
                gradient[j] += (byMean * _meanGradient[j]) + (byVariance * _varianceGradient[j]);
            }
        }

        return sum;
    }

    private static int Length(EvaluatedPoint point) => point.Observation.Constraints.IsDefault ? 0 : point.Observation.Constraints.Length;

    private void Add(ModelSpace space, EvaluatedPoint[] points, double[] values, string name, Dictionary<string, FitState> state, int known)
    {
        double[] rows = new double[points.Length * space.Dimension];
        for (int i = 0; i < points.Length; i++)
        {
            space.Translate(points[i].Unit, rows.AsSpan(i * space.Dimension, space.Dimension));
        }

        Surrogate surrogate = Surrogate.Fit(space, rows, values, GpPrior.Straight(space.IsNominal), state, name, known, spare: 0);
        _parts.Add((surrogate.Model, surrogate.Warped(0)));
    }
}
