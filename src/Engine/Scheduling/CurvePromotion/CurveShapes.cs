namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>The shapes that a curve may have: exponentials of twenty speeds, power laws of four, a logarithm and a straight line, each from 1 at the first step to 0 at the last.</summary>
internal sealed class CurveShapes
{
    private const int Speeds = 20;
    private const double FastestScale = 1.5;
    private static readonly double[] Exponents = [0.25, 0.5, 1, 2];
    private readonly Func<double, double>[] _shapes;

    /// <param name="maxT">Last step of a curve.</param>
    public CurveShapes(long maxT)
    {
        double slowest = Math.Max(maxT, FastestScale);
        double ratio = Math.Pow(slowest / FastestScale, 1.0 / (Speeds - 1));
        _shapes =
        [
            .. Enumerable.Range(0, Speeds).Select(i => slowest / Math.Pow(ratio, i)).Select(scale => Normal(t => Math.Exp(-t / scale), maxT)),
            .. Exponents.Select(exponent => Normal(t => Math.Pow(t, -exponent), maxT)),
            Normal(t => -Math.Log(t), maxT),
            Normal(t => -t, maxT),
        ];
    }

    /// <summary>Number of shapes.</summary>
    public static int Count => Speeds + Exponents.Length + 2;

    /// <summary>All shapes at a step.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="values">Receives them; shape [<see cref="Count"/>].</param>
    public void At(long step, Span<double> values)
    {
        for (int i = 0; i < _shapes.Length; i++)
        {
            values[i] = _shapes[i](step);
        }
    }

    private static Func<double, double> Normal(Func<double, double> shape, long maxT)
    {
        double end = shape(maxT);
        double fall = shape(1) - end;
        return fall == 0 ? static _ => 0 : t => (shape(t) - end) / fall;
    }
}
