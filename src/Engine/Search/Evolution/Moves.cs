using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution;

/// <summary>What several evolutionary searches do to points of the unit cube.</summary>
internal static class Moves
{
    /// <summary>Folds the line at 0 and 1.</summary>
    public static double Mirror(double x)
    {
        double folded = Math.Abs(x) % 2;
        return folded <= 1 ? folded : 2 - folded;
    }

    /// <summary>A point without inactive coordinates: they are drawn, because nothing is known of them.</summary>
    public static double[] Complete(ReadOnlySpan<double> unit, SeededRandom random)
    {
        double[] complete = unit.ToArray();
        foreach (ref double coordinate in complete.AsSpan())
        {
            coordinate = double.IsNaN(coordinate) ? random.NextUnit() : coordinate;
        }

        return complete;
    }

    /// <summary>A value of a listed axis other than this one, each as likely as the others.</summary>
    public static double OtherLevel(Axis axis, double unit, SeededRandom random)
    {
        int level = random.NextInt(axis.Levels - 1);
        return axis.Centres[level < axis.LevelOf(unit) ? level : level + 1];
    }

    /// <summary>A normal step, mirrored into the box; along listed values at least to the next one.</summary>
    public static double Step(Axis axis, double unit, double deviation, SeededRandom random)
    {
        double step = deviation * random.NextGaussian();
        if (axis.Levels > 1)
        {
            int level = axis.LevelOf(unit);
            double cell = axis.Edges[level + 1] - axis.Edges[level];
            step = Math.CopySign(Math.Max(Math.Abs(step), cell), step);
        }

        return Mirror(unit + step);
    }

    /// <summary>Coordinates in which there is something to choose.</summary>
    public static int[] Free(SpaceAxes axes) => [.. Enumerable.Range(0, axes.Dimension).Where(i => !axes.Axes[i].IsConstant)];
}
