namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>What curves of this experiment look like: learned from all of them, and the starting point from which each one is extrapolated.</summary>
/// <remarks>
/// <para>
/// A curve is end + fall · shape(t) + noise with one of the shapes of <see cref="CurveShapes"/>. How common each shape is, what ends and falls it goes with, and the noise
/// are fitted to all curves, however short (empirical Bayes): so what became of slow starters is expected of slow starters. Trials are stopped by
/// what they reported, which the likelihood takes into account by itself. A prediction averages over the shapes by how well they explain the curve.
/// </para>
/// <para>Cost of an iteration: O(shapes) for each curve that is given.</para>
/// <para>
/// Sources: N. M. Laird, J. H. Ware, "Random-effects models for longitudinal data", Biometrics 38 (1982) 963-974 (pooled coefficients, by EM); T. Domhan, J. T. Springenberg,
/// F. Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of learning curves", IJCAI 2015 (parametric families side by side).
/// Departures: shapes have no free parameters but lie on a grid, so that all is in closed form; what a shape goes with is drawn towards what all go with.
/// </para>
/// </remarks>
internal sealed class CurvePrior
{
    private const int Iterations = 4;
    private const double FirstNoise = 0.02;
    private const double LeastNoise = 1e-6;
    private const double FirstVariance = 2;
    private const double PriorCurves = 6;
    private const double PriorOfShape = 3;
    private const double PriorValues = 10;
    private const double PriorShare = 1;

    private readonly EndAndFall[] _shapes = new EndAndFall[CurveShapes.Count];
    private readonly double[] _logShare = new double[CurveShapes.Count];
    private double _noise = FirstNoise;

    public CurvePrior() => Array.Fill(_shapes, new(0, 0, FirstVariance, FirstVariance, 0));

    /// <summary>Extrapolates a curve to the last step.</summary>
    public Prediction Predict(ObservedCurve curve)
    {
        Span<double> weights = stackalloc double[CurveShapes.Count];
        EndAndFall[] posteriors = new EndAndFall[CurveShapes.Count];
        Weigh(curve, weights, posteriors);
        double mean = 0;
        double square = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            mean += weights[i] * posteriors[i].End;
            square += weights[i] * (posteriors[i].EndVariance + (posteriors[i].End * posteriors[i].End));
        }

        return new(mean, Math.Sqrt(Math.Max(square - (mean * mean), 1e-12)));
    }

    /// <summary>Learns from curves.</summary>
    /// <param name="curves">Each with the number of curves that it stands for.</param>
    public void Fit(IReadOnlyList<(ObservedCurve Curve, double Weight)> curves)
    {
        for (int iteration = 0; iteration < Iterations && curves.Count > 1; iteration++)
        {
            Improve(curves);
        }
    }

    /// <summary>How probable each shape is for a curve, and its coefficients if it has that shape.</summary>
    private void Weigh(ObservedCurve curve, Span<double> weights, Span<EndAndFall> posteriors)
    {
        double most = double.NegativeInfinity;
        for (int i = 0; i < weights.Length; i++)
        {
            (posteriors[i], double likelihood) = _shapes[i].Given(curve, i, _noise);
            weights[i] = likelihood + _logShare[i];
            most = Math.Max(most, weights[i]);
        }

        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i] = Math.Exp(weights[i] - most);
        }

        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] /= sum;
        }
    }

    /// <summary>One step of EM.</summary>
    private void Improve(IReadOnlyList<(ObservedCurve Curve, double Weight)> curves)
    {
        int count = CurveShapes.Count;
        Moments[] sums = new Moments[count];
        double[] weights = new double[count];
        EndAndFall[] posteriors = new EndAndFall[count];
        double residual = PriorValues * FirstNoise;
        double values = PriorValues;
        foreach ((ObservedCurve curve, double weight) in curves)
        {
            Weigh(curve, weights, posteriors);
            values += weight * curve.Count;
            for (int i = 0; i < count; i++)
            {
                sums[i].Add(weight * weights[i], posteriors[i]);
                residual += weight * weights[i] * Residual(curve, i, posteriors[i]);
            }
        }

        Moments all = default;
        foreach (Moments sum in sums)
        {
            all.Add(sum);
        }

        EndAndFall common = all.Drawn(PriorCurves, new(0, 0, FirstVariance, FirstVariance, 0), meanPull: 0.5);
        for (int i = 0; i < count; i++)
        {
            _shapes[i] = sums[i].Drawn(PriorOfShape, common, meanPull: PriorOfShape);
            _logShare[i] = Math.Log((sums[i].Weight + PriorShare) / (all.Weight + (count * PriorShare)));
        }

        _noise = Math.Max(residual / values, LeastNoise);
    }

    private static double Residual(ObservedCurve curve, int shape, EndAndFall at) => Math.Max(
        0,
        curve.Squares - (2 * ((at.End * curve.Values) + (at.Fall * curve.ShapeValues[shape])))
            + (curve.Count * ((at.End * at.End) + at.EndVariance)) + (2 * curve.Shape[shape] * ((at.End * at.Fall) + at.Covariance))
            + (curve.ShapeSquares[shape] * ((at.Fall * at.Fall) + at.FallVariance)));

    /// <summary>Weighted sums over curves.</summary>
    private struct Moments
    {
        private double _end;
        private double _fall;
        private double _endSquare;
        private double _fallSquare;
        private double _product;

        public double Weight { get; private set; }

        public void Add(double weight, EndAndFall one)
        {
            Weight += weight;
            _end += weight * one.End;
            _fall += weight * one.Fall;
            _endSquare += weight * ((one.End * one.End) + one.EndVariance);
            _fallSquare += weight * ((one.Fall * one.Fall) + one.FallVariance);
            _product += weight * ((one.End * one.Fall) + one.Covariance);
        }

        public void Add(Moments other)
        {
            Weight += other.Weight;
            _end += other._end;
            _fall += other._fall;
            _endSquare += other._endSquare;
            _fallSquare += other._fallSquare;
            _product += other._product;
        }

        /// <summary>Their distribution, drawn towards another one as if that were so many curves more.</summary>
        public readonly EndAndFall Drawn(double curves, EndAndFall towards, double meanPull)
        {
            double end = (_end + (meanPull * towards.End)) / (Weight + meanPull);
            double fall = (_fall + (meanPull * towards.Fall)) / (Weight + meanPull);
            double total = Weight + curves;
            return new(
                end,
                fall,
                (_endSquare - (2 * end * _end) + (Weight * end * end) + (curves * towards.EndVariance)) / total,
                (_fallSquare - (2 * fall * _fall) + (Weight * fall * fall) + (curves * towards.FallVariance)) / total,
                (_product - (end * _fall) - (fall * _end) + (Weight * end * fall) + (curves * towards.Covariance)) / total);
        }
    }
}
