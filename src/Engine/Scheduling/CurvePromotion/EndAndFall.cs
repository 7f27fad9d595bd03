namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>A normal distribution of the two coefficients of a curve: its value at the last step, and how far it falls from the first step to there.</summary>
/// <param name="End">Mean of the last value.</param>
/// <param name="Fall">Mean of the fall.</param>
/// <param name="EndVariance">Variance of the last value.</param>
/// <param name="FallVariance">Variance of the fall.</param>
/// <param name="Covariance">Of both.</param>
internal readonly record struct EndAndFall(double End, double Fall, double EndVariance, double FallVariance, double Covariance)
{
    private double Determinant => Math.Max((EndVariance * FallVariance) - (Covariance * Covariance), 1e-12 * EndVariance * FallVariance);

    /// <summary>What it becomes once a curve was observed, if the curve has a certain shape.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="shape">Number of the shape.</param>
    /// <param name="noise">Variance of the noise.</param>
    /// <returns>The distribution, and the logarithm of the likelihood of the observations.</returns>
    public (EndAndFall Posterior, double LogLikelihood) Given(ObservedCurve curve, int shape, double noise)
    {
        double determinant = Determinant;
        (double p11, double p22, double p12) = (FallVariance / determinant, EndVariance / determinant, -Covariance / determinant);
        (double m11, double m22, double m12) = (p11 + (curve.Count / noise), p22 + (curve.ShapeSquares[shape] / noise), p12 + (curve.Shape[shape] / noise));
        double h1 = (p11 * End) + (p12 * Fall) + (curve.Values / noise);
        double h2 = (p12 * End) + (p22 * Fall) + (curve.ShapeValues[shape] / noise);
        double inner = Math.Max((m11 * m22) - (m12 * m12), 1e-12 * m11 * m22);
        (double v11, double v22, double v12) = (m22 / inner, m11 / inner, -m12 / inner);
        double end = (v11 * h1) + (v12 * h2);
        double fall = (v12 * h1) + (v22 * h2);
        double prior = (p11 * End * End) + (2 * p12 * End * Fall) + (p22 * Fall * Fall);
        double square = (curve.Squares / noise) + prior - ((end * h1) + (fall * h2));
        return (new(end, fall, v11, v22, v12), -0.5 * (square + (curve.Count * Math.Log(noise)) + Math.Log(determinant) + Math.Log(inner)));
    }
}
