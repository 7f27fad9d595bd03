namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>The shapes that curves are made of: a constant, and exponentials that fade over the whole length, half of it, and so on.</summary>
/// <remarks>
/// Mixtures of them come close to exponential, power and logarithmic decay, to plateaus and to curves that turn, and a fit to them is a linear one.
/// </remarks>
internal sealed class CurveBasis
{
    /// <summary>Largest <see cref="Size"/>.</summary>
    public const int MostShapes = MostScales + 1;

    private const int MostScales = 6;
    private const double ShortestScale = 1.5;
    private readonly double[] _scales;

    /// <param name="maxT">Last step of a curve.</param>
    public CurveBasis(long maxT)
    {
        double ratio = Math.Max(2, Math.Pow(maxT / 2.5, 1.0 / (MostScales - 1)));
        List<double> scales = [];
        for (double scale = maxT; scale >= ShortestScale && scales.Count < MostScales; scale /= ratio)
        {
            scales.Add(scale);
        }

        _scales = [.. scales];
    }

    /// <summary>Number of shapes, K below.</summary>
    public int Size => _scales.Length + 1;

    /// <summary>The shapes at a step.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="shapes">Receives them; shape [K].</param>
    public void At(long step, Span<double> shapes)
    {
        shapes[0] = 1;
        for (int k = 0; k < _scales.Length; k++)
        {
            shapes[k + 1] = Math.Exp(-step / _scales[k]);
        }
    }
}
