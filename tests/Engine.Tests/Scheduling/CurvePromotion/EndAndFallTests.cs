using HpoServerless.Engine.Scheduling.CurvePromotion;

namespace HpoServerless.Engine.Tests.Scheduling.CurvePromotion;

public sealed class EndAndFallTests
{
    // One observation y = 3 where the shape is 1, of end + fall with independent standard normal coefficients and noise 1: y is normal with variance 3.
    // By hand: both coefficients become 3 · 1 / 3 = 1 with variance 1 - 1/3 and covariance -1/3; log likelihood -(9/3 + log 3) / 2, but for the constant.
    [Fact]
    public void Given_oneObservation_isWhatConditioningGives()
    {
        ObservedCurve curve = new();
        double[] shapes = new double[CurveShapes.Count];
        shapes[0] = 1;
        curve.Add(shapes, 3);

        (EndAndFall posterior, double likelihood) = new EndAndFall(0, 0, 1, 1, 0).Given(curve, shape: 0, noise: 1);

        Assert.Equal(1, posterior.End, 1e-12);
        Assert.Equal(1, posterior.Fall, 1e-12);
        Assert.Equal(2.0 / 3, posterior.EndVariance, 1e-12);
        Assert.Equal(2.0 / 3, posterior.FallVariance, 1e-12);
        Assert.Equal(-1.0 / 3, posterior.Covariance, 1e-12);
        Assert.Equal(-0.5 * (3 + Math.Log(3)), likelihood, 1e-12);
    }

    [Fact]
    public void At_everyShape_goesFromOneToNought()
    {
        CurveShapes shapes = new(81);
        double[] first = new double[CurveShapes.Count];
        double[] last = new double[CurveShapes.Count];
        shapes.At(1, first);
        shapes.At(81, last);

        Assert.All(first, value => Assert.Equal(1, value, 1e-12));
        Assert.All(last, value => Assert.Equal(0, value, 1e-12));
    }

    [Fact]
    public void Predict_curvesOfOneKind_extrapolatesAnotherOne()
    {
        CurveShapes shapes = new(81);
        double[] at = new double[CurveShapes.Count];
        ObservedCurve Curve(double end, int steps)
        {
            ObservedCurve curve = new();
            for (int step = 1; step <= steps; step++)
            {
                shapes.At(step, at);
                curve.Add(at, end + (2 * Math.Exp(-step / 20.0)));
            }

            return curve;
        }

        CurvePrior prior = new();
        for (int i = 0; i < 5; i++)
        {
            prior.Fit([.. Enumerable.Range(0, 20).Select(c => (Curve((c / 10.0) - 1, 81), 1.0))]);
        }

        Prediction prediction = prior.Predict(Curve(0.25, 12));

        Assert.Equal(0.25 + (2 * Math.Exp(-81 / 20.0)), prediction.Mean, 0.1);
        Assert.InRange(prediction.Deviation, 0, 0.3);
    }
}
