using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>Polishes the best configuration: the minimum of a parabola through the results next to it.</summary>
/// <remarks>
/// Numbers with many values move; categories, other discrete values and what is inactive stay as they are, and only results that agree in them
/// count. As results gather around the best one, the parabola's region shrinks with them, which is what makes the steps converge.
/// A function of the observations and a random stream. See <see cref="QuadraticModel"/> for source and cost.
/// </remarks>
internal static class LocalStep
{
    /// <summary>Most coordinates that move.</summary>
    private const int MostCoordinates = 24;

    /// <summary>Values of a discrete parameter from which on it moves like a continuous one.</summary>
    private const int ManyLevels = 1000;

    /// <summary>How near to a result, in radii, a step would tell nothing new.</summary>
    private const double Known = 1e-6;

    /// <summary>How near to a running trial, in radii, a step would ask the same again.</summary>
    private const double Running = 1e-2;

    /// <summary>Suggests a point near the best one.</summary>
    /// <param name="batch">Receives it.</param>
    /// <param name="history">What is known.</param>
    /// <param name="random">Stream of the trial: where descent starts.</param>
    /// <param name="reason">Why, for people.</param>
    /// <returns>False, with nothing suggested, where there are too few results or nothing is left to gain.</returns>
    public static bool TryAdd(SuggestionBatch batch, SearchHistory history, SeededRandom random, string reason)
    {
        EvaluatedPoint? best = history.ByTrial.Where(Counts).MinBy(point => point.Value);
        if (best is null)
        {
            return false;
        }

        int[] moving = [.. Enumerable.Range(0, best.Unit.Length).Where(i => history.Axes.Axes[i].Levels is 0 or >= ManyLevels && !double.IsNaN(best.Unit[i]))];
        int k = moving.Length;
        if (k is 0 or > MostCoordinates)
        {
            return false;
        }

        int wanted = ((k + 1) * (k + 2) / 2) + k;
        (double[] Point, double Value, double Distance)[] near =
        [
            .. history.ByTrial.Where(point => Counts(point) && Agrees(point.Unit, best.Unit, moving))
                .Select(point => (Point: Offset(point.Unit), point.Value!.Value))
                .Select(point => (point.Point, point.Value, Distance: point.Point.Max(Math.Abs)))
                .OrderBy(point => point.Distance).Take(wanted),
        ];
        double radius = near[^1].Distance;
        if (near.Length < k + 3 || radius < 1e-9)
        {
            return false;
        }

        double scale = near.Max(point => Math.Abs(point.Value - best.Value!.Value));
        QuadraticModel? model = scale > 0 && double.IsFinite(scale)
            ? QuadraticModel.Fit([.. near.Select(point => point.Point.Select(x => x / radius).ToArray())], [.. near.Select(point => (point.Value - best.Value!.Value) / scale)])
            : null;
        if (model is null)
        {
            return false;
        }

        double[] lower = [.. moving.Select(i => Math.Max(-1, -best.Unit[i] / radius))];
        double[] upper = [.. moving.Select(i => Math.Min(1, (1 - best.Unit[i]) / radius))];
        double[] lowest = new double[k];
        double value = model.Minimize(lowest, lower, upper);
        for (int start = 0; start < 3; start++)
        {
            double[] other = [.. lower.Zip(upper, (low, high) => low + (random.NextUnit() * (high - low)))];
            double otherValue = model.Minimize(other, lower, upper);
            (lowest, value) = otherValue < value ? (other, otherValue) : (lowest, value);
        }

        double[] target = [.. lowest.Select(x => x * radius)];
        if (!(value < 0) || near.Min(point => Distance(point.Point, target)) < Known * radius
            || batch.Running.Any(running => Agrees(running, best.Unit, moving) && Distance(Offset(running), target) < Running * radius))
        {
            return false;
        }

        double[] unit = [.. best.Unit];
        for (int j = 0; j < k; j++)
        {
            unit[moving[j]] = Math.Clamp(unit[moving[j]] + target[j], 0, 1);
        }

        return batch.TryAdd(unit, reason);

        double[] Offset(double[] from) => [.. moving.Select(i => from[i] - best.Unit[i])];
    }

    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();

    /// <summary>Whether a result is the whole truth about a configuration that is allowed.</summary>
    public static bool Counts(EvaluatedPoint point) => point.Value is not null && !point.Observation.IsPartial && point.Observation.Violation == 0;

    private static bool Agrees(double[] unit, double[] best, int[] moving)
    {
        int next = 0;
        for (int i = 0; i < unit.Length; i++)
        {
            if (next < moving.Length && moving[next] == i)
            {
                next++;
                if (double.IsNaN(unit[i]))
                {
                    return false;
                }
            }
            else if (!unit[i].Equals(best[i]))
            {
                return false;
            }
        }

        return true;
    }
}
