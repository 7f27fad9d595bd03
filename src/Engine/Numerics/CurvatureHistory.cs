namespace HpoServerless.Engine.Numerics;

/// <summary>The last steps and gradient differences of a minimisation: an implicit inverse Hessian.</summary>
/// <param name="memory">Pairs to keep.</param>
/// <param name="dimension">Number of variables, d below.</param>
internal sealed class CurvatureHistory(int memory, int dimension)
{
    private readonly double[] _steps = new double[memory * dimension];
    private readonly double[] _changes = new double[memory * dimension];
    private readonly double[] _products = new double[memory];
    private readonly double[] _weights = new double[memory];
    private int _count;
    private int _newest = -1;

    /// <summary>Forgets all pairs.</summary>
    public void Clear() => _count = 0;

    /// <summary>Remembers the pair of a step, unless it shows no positive curvature.</summary>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> next, ReadOnlySpan<double> gradient, ReadOnlySpan<double> nextGradient)
    {
        int slot = (_newest + 1) % memory;
        Span<double> step = Slot(_steps, slot);
        Span<double> change = Slot(_changes, slot);
        for (int i = 0; i < dimension; i++)
        {
            step[i] = next[i] - x[i];
            change[i] = nextGradient[i] - gradient[i];
        }

        double product = Dense.Dot(step, change);
        if (product > 1e-10 * Math.Sqrt(Dense.Dot(step, step) * Dense.Dot(change, change)))
        {
            _products[slot] = product;
            _newest = slot;
            _count = Math.Min(_count + 1, memory);
        }
        else if (_count == memory)
        {
            _count--; // the oldest pair lay in the slot that was just overwritten
        }
    }

    /// <summary>Multiplies a vector by the inverse Hessian, in place.</summary>
    /// <returns>False, with nothing changed, if there are no pairs yet.</returns>
    public bool Multiply(Span<double> vector)
    {
        if (_count == 0)
        {
            return false;
        }

        for (int age = 0; age < _count; age++)
        {
            int slot = SlotOf(age);
            _weights[slot] = Dense.Dot(Slot(_steps, slot), vector) / _products[slot];
            Dense.AddScaled(-_weights[slot], Slot(_changes, slot), vector);
        }

        Span<double> newest = Slot(_changes, _newest);
        double scale = _products[_newest] / Dense.Dot(newest, newest);
        foreach (ref double component in vector)
        {
            component *= scale;
        }

        for (int age = _count - 1; age >= 0; age--)
        {
            int slot = SlotOf(age);
            double correction = Dense.Dot(Slot(_changes, slot), vector) / _products[slot];
            Dense.AddScaled(_weights[slot] - correction, Slot(_steps, slot), vector);
        }

        return true;
    }

    private int SlotOf(int age) => (_newest - age + memory) % memory;

    private Span<double> Slot(double[] vectors, int slot) => vectors.AsSpan(slot * dimension, dimension);
}
