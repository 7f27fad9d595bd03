using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Trees;

/// <summary>Points among which the model chooses: anywhere, and near the best observed ones.</summary>
/// <remarks>
/// Half are uniform, half are changes of one of the best ten configurations: each coordinate with probability 2/d (at least one), numbers by
/// a normal step whose size is drawn between 0.002 and 0.3 of the range, categories to another one.
/// </remarks>
internal sealed class TreeCandidates(SpaceAxes axes, SeededRandom random)
{
    private const int Parents = 10;
    private const double SmallestStep = 0.002;
    private const double LargestStep = 0.3;

    /// <summary>Draws points.</summary>
    /// <param name="count">How many.</param>
    /// <param name="best">Observed points, best first; shape [d] each, NaN where inactive.</param>
    /// <returns>Canonical points.</returns>
    public List<double[]> Draw(int count, IReadOnlyList<double[]> best)
    {
        List<double[]> points = new(count);
        for (int i = 0; i < count; i++)
        {
            double[] unit = i % 2 == 0 || best.Count == 0 ? Uniform() : Change(best[random.NextInt(Math.Min(Parents, best.Count))]);
            axes.Canonicalise(unit);
            points.Add(unit);
        }

        return points;
    }

    /// <summary>All points that differ from one in a single coordinate: by a small and by a large step either way, or in the category.</summary>
    /// <param name="centre">Canonical; shape [d].</param>
    public IEnumerable<double[]> Neighbours(double[] centre)
    {
        for (int i = 0; i < centre.Length; i++)
        {
            Axis axis = axes.Axes[i];
            if (double.IsNaN(centre[i]) || axis.IsConstant)
            {
                continue;
            }

            int neighbours = axis.IsNominal ? Math.Min(axis.Levels - 1, 4) : 4;
            for (int k = 0; k < neighbours; k++)
            {
                double[] unit = Complete(centre);
                unit[i] = axis.IsNominal ? OtherCategory(axis, centre[i]) : Step(axis, centre[i], k < 2 ? 0.02 : 0.1);
                axes.Canonicalise(unit);
                yield return unit;
            }
        }
    }

    private double[] Uniform()
    {
        double[] unit = new double[axes.Dimension];
        foreach (ref double coordinate in unit.AsSpan())
        {
            coordinate = random.NextUnit();
        }

        return unit;
    }

    private double[] Change(double[] parent)
    {
        double[] unit = Complete(parent);
        int sure = random.NextInt(unit.Length);
        double size = SmallestStep * Math.Pow(LargestStep / SmallestStep, random.NextUnit());
        for (int i = 0; i < unit.Length; i++)
        {
            if (i == sure || random.NextUnit() * unit.Length < 2)
            {
                Axis axis = axes.Axes[i];
                unit[i] = !axis.IsNominal ? Step(axis, unit[i], size) : axis.IsConstant ? unit[i] : OtherCategory(axis, unit[i]);
            }
        }

        return unit;
    }

    /// <summary>A copy in which inactive coordinates have random values, for the case that they become active.</summary>
    private double[] Complete(double[] point)
    {
        double[] unit = [.. point];
        foreach (ref double coordinate in unit.AsSpan())
        {
            coordinate = double.IsNaN(coordinate) ? random.NextUnit() : coordinate;
        }

        return unit;
    }

    /// <summary>A normal step, mirrored at the bounds; at least to the next value of a discrete axis.</summary>
    private double Step(Axis axis, double from, double size)
    {
        double step = size * random.NextGaussian();
        if (axis.Levels > 1)
        {
            double cell = 1.0 / axis.Levels;
            step = Math.CopySign(Math.Max(Math.Abs(step), cell), step);
        }

        double to = Math.Abs(from + step);
        to = to > 1 ? 2 - to : to;
        return Math.Clamp(to, 0, 1);
    }

    private double OtherCategory(Axis axis, double from)
    {
        int category = random.NextInt(axis.Levels - 1);
        return axis.Centres[category >= axis.LevelOf(from) ? category + 1 : category];
    }
}
