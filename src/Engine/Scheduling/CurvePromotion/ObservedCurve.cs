namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>What one trial reported, summed up for least squares with every shape: a few numbers, however many reports there are.</summary>
internal sealed class ObservedCurve
{
    /// <summary>Sum of each shape.</summary>
    public double[] Shape { get; } = new double[CurveShapes.Count];

    /// <summary>Sum of the squares of each shape.</summary>
    public double[] ShapeSquares { get; } = new double[CurveShapes.Count];

    /// <summary>Sum of each shape times the scaled values.</summary>
    public double[] ShapeValues { get; } = new double[CurveShapes.Count];

    /// <summary>Sum of the scaled values.</summary>
    public double Values { get; private set; }

    /// <summary>Sum of their squares.</summary>
    public double Squares { get; private set; }

    /// <summary>How many finite values there are.</summary>
    public int Count { get; private set; }

    /// <summary>Highest step that was reported.</summary>
    public long LastStep { get; set; }

    /// <summary>Whether the latest report had a finite value.</summary>
    public bool HasValue { get; set; }

    /// <summary>What is predicted for the last step.</summary>
    public Prediction Prediction { get; set; }

    /// <summary>Which model and how many values the prediction is from.</summary>
    public (int Model, int Count) PredictedFrom { get; set; } = (-1, -1);

    public void Clear()
    {
        Array.Clear(Shape);
        Array.Clear(ShapeSquares);
        Array.Clear(ShapeValues);
        (Values, Squares, Count) = (0, 0, 0);
    }

    public void Add(ReadOnlySpan<double> shapes, double scaled)
    {
        Count++;
        Values += scaled;
        Squares += scaled * scaled;
        for (int i = 0; i < shapes.Length; i++)
        {
            Shape[i] += shapes[i];
            ShapeSquares[i] += shapes[i] * shapes[i];
            ShapeValues[i] += shapes[i] * scaled;
        }
    }
}

/// <summary>What is expected of a curve at its last step, on the common scale.</summary>
/// <param name="Mean">Expectation; smaller is better.</param>
/// <param name="Deviation">Standard deviation.</param>
internal readonly record struct Prediction(double Mean, double Deviation);
