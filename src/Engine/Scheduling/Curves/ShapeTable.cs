using System.Collections.Immutable;

namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>Shapes of curves, and their values at the steps that were asked for.</summary>
/// <param name="shapes">All shapes.</param>
internal sealed class ShapeTable(ImmutableArray<CurveShape> shapes)
{
    private const int MostKept = 10_000;

    private readonly Dictionary<long, double[]> _values = [];

    /// <summary>All shapes.</summary>
    public ImmutableArray<CurveShape> Shapes => shapes;

    /// <summary>Value of each shape at a step; not to be changed.</summary>
    public double[] At(long step)
    {
        if (_values.TryGetValue(step, out double[]? known))
        {
            return known;
        }

        double[] values = [.. shapes.Select(shape => shape.At(step))];
        if (_values.Count < MostKept)
        {
            _values[step] = values;
        }

        return values;
    }
}

/// <summary>One shape of a curve: 1 at the first step, 0 at the last.</summary>
/// <param name="At">Its value at a step.</param>
/// <param name="LogPrior">Logarithm of its probability before anything is known.</param>
internal sealed record CurveShape(Func<double, double> At, double LogPrior);
