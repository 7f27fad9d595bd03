namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>Parametric families of learning curves, each with its shape parameters on a grid: y = end + fall · shape(step).</summary>
/// <remarks>
/// Those of T. Domhan, J. T. Springenberg, F. Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of learning
/// curves", IJCAI 2015, table 1. His Hill3, log power and MMF are one family here, and his exp4, Janoschek and Weibull another, because they differ in what end and
/// fall are made of alone; so his eleven are seven.
/// </remarks>
internal static class CurveFamilies
{
    /// <summary>All shapes for curves that end at a step; every family is as likely as another, and so is every member of a family.</summary>
    /// <param name="last">The step; at least 2.</param>
    public static ShapeTable Until(long last)
    {
        double[] scales = [.. ((double[])[0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]).Select(part => Math.Max(0.5, part * last)).Distinct()];
        Func<double, double>[][] families =
        [
            [.. from exponent in (double[])[0.25, 0.5, 1, 1.5, 2] select Of(x => Math.Pow(x, -exponent))], // pow3
            [.. from exponent in (double[])[0.5, 1, 2] from shift in (double[])[1, 4, 16] select Of(x => Math.Pow(x + shift, -exponent))], // pow4
            [.. from scale in scales from power in (double[])[0.5, 1, 2] select Of(x => 1 / (1 + Math.Pow(x / scale, power)))], // Hill3, log power, MMF
            [.. from scale in scales from power in (double[])[0.5, 1, 2] select Of(x => Math.Exp(-Math.Pow(x / scale, power)))], // exp4, Janoschek, Weibull
            [.. from bend in (double[])[0.5, 2] from power in (double[])[-0.5, -0.1, 0.1] select Of(x => Math.Exp(-bend / x) * Math.Pow(x, power))], // vapor pressure
            [.. from shift in (double[])[0.5, 2] select Of(x => -Math.Log(shift + Math.Log(x)))], // log log linear
            [Of(static x => 1 / Math.Log(x + 1))], // ilog2
        ];
        return new([.. families.SelectMany(family => family.Select(shape => new CurveShape(Normal(shape, last), -Math.Log(families.Length * family.Length))))]);
    }

    private static Func<double, double> Of(Func<double, double> shape) => shape;

    /// <summary>The same shape from 1 at the first step to 0 at the last one.</summary>
    private static Func<double, double> Normal(Func<double, double> shape, long last)
    {
        double end = shape(last);
        double fall = shape(1) - end;
        return Math.Abs(fall) < 1e-9 ? static _ => 0 : step => (shape(step) - end) / fall;
    }
}
