namespace HpoServerless.Engine.Scheduling.Curves;

/// <summary>What one trial reported, summed up for least squares: K² numbers, however many reports there are.</summary>
/// <param name="size">Number of shapes, K.</param>
internal sealed class ObservedCurve(int size)
{
    /// <summary>Sum of the products of the shapes, row-major [K · K].</summary>
    public double[] Gram { get; } = new double[size * size];

    /// <summary>Sum of the shapes times the scaled values, [K].</summary>
    public double[] Moment { get; } = new double[size];

    /// <summary>Sum of the squares of the scaled values.</summary>
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
        Array.Clear(Gram);
        Array.Clear(Moment);
        (Squares, Count) = (0, 0);
    }

    public void Add(ReadOnlySpan<double> shapes, double scaled)
    {
        Count++;
        Squares += scaled * scaled;
        for (int i = 0; i < shapes.Length; i++)
        {
            Moment[i] += shapes[i] * scaled;
            for (int j = 0; j < shapes.Length; j++)
            {
                Gram[(i * shapes.Length) + j] += shapes[i] * shapes[j];
            }
        }
    }
}

/// <summary>What is expected of a curve at its last step, on the common scale.</summary>
/// <param name="Mean">Expectation; smaller is better.</param>
/// <param name="Deviation">Standard deviation.</param>
internal readonly record struct Prediction(double Mean, double Deviation);
