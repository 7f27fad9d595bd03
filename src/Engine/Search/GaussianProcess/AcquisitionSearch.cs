using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Values a point and, where asked, says how the value changes along the axes.</summary>
/// <param name="point">What the kernel sees; shape [d].</param>
/// <param name="gradient">Receives the gradient, 0 on nominal axes; shape [d]. Empty where it is not wanted.</param>
/// <returns>Higher is better.</returns>
internal delegate double PointValue(ReadOnlySpan<double> point, Span<double> gradient);

/// <summary>Looks for the point of the highest value: many cheap tries, then a climb from the best of them.</summary>
/// <remarks>
/// <para>
/// Tries are a Sobol sequence over the box and perturbations of given points. A climb alternates L-BFGS on the continuous coordinates with
/// a local search on the others (every category, neighbouring and more distant levels), until neither helps. The function is always asked
/// about the point that would be evaluated, with discrete coordinates in the middles of their cells (E. C. Garrido-Merchán,
/// D. Hernández-Lobato, Neurocomputing 380 (2020) 20-35).
/// </para>
/// </remarks>
internal sealed class AcquisitionSearch
{
    private const int Rounds = 3;
    private const int MostNeighbours = 64;
    private const int MostAxes = 24;

    private readonly ModelSpace _space;
    private readonly SeededRandom _random;
    private readonly double[] _lower;
    private readonly double[] _upper;

    /// <param name="space">The space.</param>
    /// <param name="random">Stream of the trial.</param>
    /// <param name="lower">Lower corner of the box; shape [d].</param>
    /// <param name="upper">Upper corner of the box; shape [d].</param>
    public AcquisitionSearch(ModelSpace space, SeededRandom random, double[] lower, double[] upper) =>
        (_space, _random, _lower, _upper) = (space, random, lower, upper);

    /// <summary>Points with their values: the ends of climbs, best first, then all tries, best first.</summary>
    /// <param name="value">What is sought.</param>
    /// <param name="seeds">Points to perturb; units, NaN where inactive. Shape [d] each.</param>
    /// <param name="tries">Cheap tries in all.</param>
    /// <param name="climbs">How many of them to climb from.</param>
    /// <param name="iterations">Steps of a climb.</param>
    public List<Candidate> Run(PointValue value, IReadOnlyList<double[]> seeds, int tries, int climbs, int iterations)
    {
        List<Candidate> candidates = [.. Spread(seeds.Count == 0 ? tries : tries / 2)];
        for (int i = 0; candidates.Count < tries; i++)
        {
            candidates.Add(Perturb(seeds[i % seeds.Count], isExact: i < seeds.Count));
        }

        foreach (Candidate candidate in candidates)
        {
            candidate.Update();
            candidate.Value = Sound(value(candidate.Point, []));
        }

        List<Candidate> chosen = Choose(candidates, climbs);
        for (int i = 0; i < chosen.Count; i++)
        {
            chosen[i] = Climb(value, chosen[i], iterations);
        }

        return [.. chosen.OrderByDescending(candidate => candidate.Value), .. candidates.OrderByDescending(candidate => candidate.Value)];
    }

    private static double Sound(double value) => double.IsNaN(value) ? double.NegativeInfinity : value;

    private IEnumerable<Candidate> Spread(int count)
    {
        int d = _space.Dimension;
        SobolSequence? sequence = d <= SobolSequence.MaxDimension ? SobolSequence.Scrambled(d, _random) : null;
        for (int i = 0; i < count; i++)
        {
            Candidate candidate = new(_space);
            if (sequence is not null)
            {
                sequence.PointAt(i, candidate.Raw);
            }

            for (int j = 0; j < d; j++)
            {
                double share = sequence is null ? _random.NextUnit() : candidate.Raw[j];
                candidate.Raw[j] = _lower[j] + (share * (_upper[j] - _lower[j]));
            }

            yield return candidate;
        }
    }

    /// <summary>A copy of a point with some coordinates moved, by steps of random length.</summary>
    private Candidate Perturb(double[] seed, bool isExact)
    {
        int d = _space.Dimension;
        Candidate candidate = new(_space);
        double reach = Math.Pow(10, -3 * _random.NextUnit()) * 0.5;
        double share = Math.Max(_random.NextUnit(), 1.0 / d);
        for (int j = 0; j < d; j++)
        {
            bool isActive = !double.IsNaN(seed[j]);
            double from = isActive ? seed[j] : _lower[j] + (_random.NextUnit() * (_upper[j] - _lower[j]));
            if (isExact || _random.NextUnit() > share)
            {
                candidate.Raw[j] = from;
            }
            else if (_space.IsNominal[j])
            {
                candidate.Raw[j] = _random.NextUnit() < 0.3 ? _random.NextUnit() : from;
            }
            else
            {
                int levels = _space.Axes.Axes[j].Levels;
                double wide = Math.Max(reach * (_upper[j] - _lower[j]), levels > 0 ? 1.0 / levels : 0);
                candidate.Raw[j] = Math.Clamp(from + (wide * _random.NextGaussian()), _lower[j], _upper[j]);
            }
        }

        return candidate;
    }

    /// <summary>The best candidate and, after it, the best ones that are not close to one already chosen.</summary>
    private List<Candidate> Choose(List<Candidate> candidates, int count)
    {
        List<Candidate> chosen = [];
        foreach (Candidate candidate in candidates.OrderByDescending(candidate => candidate.Value))
        {
            if (chosen.Count == count || double.IsNegativeInfinity(candidate.Value))
            {
                break;
            }

            if (chosen.TrueForAll(other => Distance(other.Point, candidate.Point) > 0.05))
            {
                chosen.Add(candidate);
            }
        }

        return chosen;
    }

    /// <summary>Largest difference between coordinates, in units of the box.</summary>
    private double Distance(double[] a, double[] b)
    {
        double largest = 0;
        for (int j = 0; j < a.Length; j++)
        {
            double difference = _space.IsNominal[j] ? (a[j] == b[j] ? 0 : 1) : Math.Abs(a[j] - b[j]) / Math.Max(_upper[j] - _lower[j], 1e-12);
            largest = Math.Max(largest, difference);
        }

        return largest;
    }

    private Candidate Climb(PointValue value, Candidate start, int iterations)
    {
        Candidate best = start.Copy();
        for (int round = 0; round < Rounds; round++)
        {
            bool hasMoved = ClimbContinuous(value, best, iterations);
            hasMoved |= ClimbDiscrete(value, ref best);
            if (!hasMoved)
            {
                break;
            }
        }

        return best;
    }

    private bool ClimbContinuous(PointValue value, Candidate best, int iterations)
    {
        int[] free = [.. Enumerable.Range(0, _space.Dimension).Where(j => _space.IsContinuous[j] && !double.IsNaN(best.Unit[j]))];
        if (free.Length == 0)
        {
            return false;
        }

        double before = best.Value;
        double[] x = [.. free.Select(j => best.Raw[j])];
        double[] point = [.. best.Point];
        double[] gradient = new double[_space.Dimension];
        double Function(ReadOnlySpan<double> at, Span<double> slope)
        {
            for (int k = 0; k < free.Length; k++)
            {
                point[free[k]] = at[k];
            }

            double result = -value(point, gradient);
            for (int k = 0; k < free.Length; k++)
            {
                slope[k] = -gradient[free[k]];
            }

            return result;
        }

        Lbfgs.Minimize(Function, x, [.. free.Select(j => _lower[j])], [.. free.Select(j => Math.Min(_upper[j], Space.Parameter.LargestUnit))], new(iterations, 1e-7, 1e-9));
        Candidate moved = best.Copy();
        for (int k = 0; k < free.Length; k++)
        {
            moved.Raw[free[k]] = x[k];
        }

        moved.Update();
        moved.Value = Sound(value(moved.Point, []));
        if (!(moved.Value > before))
        {
            return false;
        }

        moved.Raw.CopyTo(best.Raw, 0);
        best.Update();
        best.Value = moved.Value;
        return moved.Value > before + (1e-6 * Math.Abs(before));
    }

    /// <summary>Takes for each discrete axis in turn the best of its neighbours.</summary>
    private bool ClimbDiscrete(PointValue value, ref Candidate best)
    {
        bool hasMoved = false;
        foreach (int j in SomeAxes())
        {
            Axis axis = _space.Axes.Axes[j];
            if (axis.Levels < 2 || double.IsNaN(best.Unit[j]))
            {
                continue;
            }

            Candidate origin = best;
            foreach (int level in Neighbours(axis, axis.LevelOf(best.Unit[j])))
            {
                double unit = axis.Centres[level];
                if (!axis.IsNominal && (unit < _lower[j] || unit > _upper[j]))
                {
                    continue;
                }

                Candidate moved = origin.Copy();
                moved.Raw[j] = unit;
                moved.Update();
                moved.Value = Sound(value(moved.Point, []));
                if (moved.Value > best.Value)
                {
                    best = moved;
                    hasMoved = true;
                }
            }
        }

        return hasMoved;
    }

    /// <summary>All axes; a random choice of them where they are many.</summary>
    private int[] SomeAxes()
    {
        int[] axes = [.. Enumerable.Range(0, _space.Dimension)];
        if (axes.Length > MostAxes)
        {
            _random.Shuffle(axes.AsSpan());
        }

        return [.. axes.Take(MostAxes)];
    }

    private IEnumerable<int> Neighbours(Axis axis, int level)
    {
        if (axis.IsNominal)
        {
            return axis.Levels <= MostNeighbours
                ? Enumerable.Range(0, axis.Levels).Where(other => other != level)
                : Enumerable.Range(0, MostNeighbours).Select(_ => _random.NextInt(axis.Levels));
        }

        List<int> levels = [];
        for (int step = 1; step < axis.Levels && step <= 64; step *= 2)
        {
            levels.Add(level - step);
            levels.Add(level + step);
        }

        return levels.Where(other => other >= 0 && other < axis.Levels);
    }
}
