namespace HpoServerless.Engine.Numerics;

/// <summary>A function to minimise.</summary>
/// <param name="x">Where; shape [d].</param>
/// <param name="gradient">Receives the gradient; shape [d].</param>
/// <returns>The value; NaN or infinite where there is none, which the line search steps back from.</returns>
internal delegate double DifferentiableFunction(ReadOnlySpan<double> x, Span<double> gradient);

/// <summary>When <see cref="Lbfgs"/> ends.</summary>
/// <param name="Iterations">Steps at most.</param>
/// <param name="GradientTolerance">Ends where no component of the projected gradient is above it.</param>
/// <param name="ValueTolerance">Ends when a step improves the value by less than this times max(1, |value|).</param>
internal readonly record struct LbfgsLimits(int Iterations, double GradientTolerance = 1e-8, double ValueTolerance = 1e-12);

/// <summary>Limited-memory quasi-Newton minimisation in a box.</summary>
/// <remarks>
/// <para>
/// Sources: J. Nocedal, S. J. Wright, "Numerical optimization", 2nd ed., algorithm 7.4 (two-loop recursion); D. P. Bertsekas, "Projected
/// Newton methods for optimization problems with simple constraints", SIAM J. Control Optim. 20 (1982) 221-246 (variables at a bound whose
/// gradient points outwards are held, and the search is along the projected ray with Armijo's rule, eq. 21).
/// </para>
/// <para>Cost: O(memory · d) a step beside the calls of the function, usually one a step.</para>
/// </remarks>
internal static class Lbfgs
{
    private const int Memory = 8;
    private const double SufficientDecrease = 1e-4;

    /// <summary>Minimises from a starting point.</summary>
    /// <param name="function">Finite at the starting point.</param>
    /// <param name="x">The starting point, moved into the box; receives the best point. Shape [d].</param>
    /// <param name="lower">Lower bounds; shape [d].</param>
    /// <param name="upper">Upper bounds; shape [d].</param>
    /// <param name="limits">When to end.</param>
    /// <returns>The value at the best point.</returns>
    public static double Minimize(DifferentiableFunction function, Span<double> x, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, LbfgsLimits limits)
    {
        int d = x.Length;
        Project(x, lower, upper);
        double[] gradient = new double[d];
        double[] nextGradient = new double[d];
        double[] direction = new double[d];
        double[] next = new double[d];
        CurvatureHistory history = new(Memory, d);
        double value = function(x, gradient);
        for (int iteration = 0; iteration < limits.Iterations && double.IsFinite(value); iteration++)
        {
            if (FreeGradient(x, gradient, lower, upper, direction) <= limits.GradientTolerance)
            {
                break;
            }

            double norm = Math.Sqrt(Dense.Dot(direction, direction));
            bool isScaled = history.Multiply(direction);
            HoldAtBounds(x, gradient, lower, upper, direction);
            double slope = -Dense.Dot(gradient, direction);
            if (!(slope < 0))
            {
                history.Clear();
                isScaled = false;
                FreeGradient(x, gradient, lower, upper, direction);
            }

            double step = isScaled ? 1 : Math.Min(1, 1 / norm);
            double nextValue = Search(function, x, value, gradient, direction, step, lower, upper, next, nextGradient);
            if (!(nextValue < value))
            {
                if (!isScaled)
                {
                    break;
                }

                history.Clear();
                continue;
            }

            history.Add(x, next, gradient, nextGradient);
            double gain = value - nextValue;
            value = nextValue;
            next.CopyTo(x);
            (gradient, nextGradient) = (nextGradient, gradient);
            if (gain <= limits.ValueTolerance * Math.Max(1, Math.Abs(value)))
            {
                break;
            }
        }

        return value;
    }

    /// <summary>Backtracks along the projected ray x - step · direction, by the minimum of a parabola where that is inside [0.1, 0.5] of the step.</summary>
    private static double Search(
        DifferentiableFunction function,
        ReadOnlySpan<double> x,
        double value,
        ReadOnlySpan<double> gradient,
        ReadOnlySpan<double> direction,
        double step,
        ReadOnlySpan<double> lower,
        ReadOnlySpan<double> upper,
        Span<double> next,
        Span<double> nextGradient)
    {
        for (int trial = 0; trial < 30; trial++)
        {
            double slope = 0;
            for (int i = 0; i < x.Length; i++)
            {
                next[i] = Math.Clamp(x[i] - (step * direction[i]), lower[i], upper[i]);
                slope += gradient[i] * (next[i] - x[i]);
            }

            double nextValue = function(next, nextGradient);
            if (double.IsFinite(nextValue) && nextValue <= value + (SufficientDecrease * slope))
            {
                return nextValue;
            }

            double parabola = double.IsFinite(nextValue) ? -0.5 * slope / (nextValue - value - slope) : 0.1;
            step *= parabola is >= 0.1 and <= 0.5 ? parabola : (parabola < 0.1 ? 0.1 : 0.5);
        }

        return double.NaN;
    }

    /// <summary>Copies the gradient without the components that are held at a bound.</summary>
    /// <returns>Its largest component, cut at the distance to the bound.</returns>
    private static double FreeGradient(ReadOnlySpan<double> x, ReadOnlySpan<double> gradient, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, Span<double> free)
    {
        gradient.CopyTo(free);
        HoldAtBounds(x, gradient, lower, upper, free);
        double largest = 0;
        foreach (double component in free)
        {
            largest = Math.Max(largest, Math.Abs(component));
        }

        return largest;
    }

    private static void HoldAtBounds(ReadOnlySpan<double> x, ReadOnlySpan<double> gradient, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, Span<double> direction)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if ((x[i] <= lower[i] && gradient[i] > 0) || (x[i] >= upper[i] && gradient[i] < 0))
            {
                direction[i] = 0;
            }
        }
    }

    private static void Project(Span<double> x, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = Math.Clamp(x[i], lower[i], upper[i]);
        }
    }
}
