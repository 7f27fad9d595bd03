using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.NelderMead;

/// <summary>What a simplex wants to know.</summary>
/// <param name="Point">Where it cannot go on without a result; shape [d].</param>
/// <param name="Ahead">Where it may ask next, the likeliest first, so that idle workers can find out already.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record SimplexQuery(double[] Point, ImmutableArray<double[]> Ahead, string Reason);

/// <summary>
/// One simplex on its way through the space, as a sequence of questions: where the answers are known it goes on at once. The way is a function
/// of start, random stream and answers, so it can be gone again at any time.
/// </summary>
/// <param name="axes">Of the space.</param>
/// <param name="start">Where it begins; shape [d], without NaN.</param>
/// <param name="random">Stream of this simplex.</param>
internal sealed class Simplex(SpaceAxes axes, double[] start, SeededRandom random)
{
    private const double FirstSize = 0.15;
    private const double NextSize = 0.08;
    private const double Narrow = 1e-7;
    private const int MostProbes = 12;

    private IEnumerator<SimplexQuery>? _way;
    private EvaluatedPoint? _answer;
    private long _steps;

    /// <summary>What it wants to know now.</summary>
    public SimplexQuery Question => _way!.Current;

    /// <summary>Goes as far as the answers are known.</summary>
    /// <param name="answer">The result at a point, or null.</param>
    /// <param name="mostSteps">Since its beginning; ends walks among points that are all known.</param>
    public void Advance(Func<double[], EvaluatedPoint?> answer, long mostSteps)
    {
        if (_way is null)
        {
            _way = Walk().GetEnumerator();
            _way.MoveNext();
        }

        while (_steps < mostSteps && answer(Question.Point) is { } found)
        {
            _answer = found;
            _steps++;
            _way.MoveNext();
        }
    }

    private IEnumerable<SimplexQuery> Walk()
    {
        double[] from = start;
        Vertex? best = null;
        for (int run = 0; ; run++)
        {
            List<Vertex> vertices = [];
            foreach (SimplexQuery question in Descend(vertices, from, run == 0 ? FirstSize : NextSize, run))
            {
                yield return question;
            }

            Vertex local = vertices[0];
            bool isImproved = false;
            double[][] probes = Probes(local.Unit);
            for (int i = 0; i < probes.Length; i++)
            {
                yield return new(probes[i], [.. probes[(i + 1)..]], $"the best of simplex {run + 1} with another category");
                if (Merit.BestFirst.Compare(_answer, local.Result) < 0)
                {
                    (local, isImproved) = (new(probes[i], _answer!), true);
                }
            }

            best = best is null || Merit.BestFirst.Compare(local.Result, best.Result) < 0 ? local : best;
            from = isImproved ? local.Unit : run % 2 == 0 ? best.Unit : [.. from.Select(_ => random.NextUnit())];
        }
    }

    /// <summary>One simplex until it is too narrow to find anything else.</summary>
    /// <param name="vertices">Gets its vertices; sorted at the end, the best first.</param>
    /// <param name="from">First vertex.</param>
    /// <param name="size">Length of its edges.</param>
    /// <param name="run">How many went before.</param>
    private IEnumerable<SimplexQuery> Descend(List<Vertex> vertices, double[] from, double size, int run)
    {
        int[] active = Active(from);
        int n = active.Length;
        double[][] corners = [from, .. active.Select((axis, i) => Corner(from, axis, size, run))];
        for (int i = 0; i < corners.Length; i++)
        {
            yield return new(corners[i], [.. corners[(i + 1)..]], $"corner {i + 1} of {n + 1} of simplex {run + 1}");
            vertices.Add(new(corners[i], _answer!));
        }

        // F. Gao and L. Han, eq. 4.1: gentler steps the more dimensions there are.
        double expansion = n > 1 ? 1 + (2.0 / n) : 2;
        double contraction = n > 1 ? 0.75 - (0.5 / n) : 0.5;
        double shrinkage = n > 1 ? 1 - (1.0 / n) : 0.5;
        Sort(vertices);
        while (n > 0 && !IsNarrow(vertices, active))
        {
            Vertex worst = vertices[n];
            double[] centre = Centre(vertices, n);
            double[] reflected = Along(centre, worst.Unit, -1, active);
            double[] expanded = Along(centre, worst.Unit, -expansion, active);
            double[] outside = Along(centre, worst.Unit, -contraction, active);
            double[] inside = Along(centre, worst.Unit, contraction, active);
            yield return new(reflected, [inside, expanded, outside], $"reflection of the worst corner of simplex {run + 1}");
            Vertex first = new(reflected, _answer!);
            Vertex? next = first;
            if (first.IsBetterThan(vertices[0]))
            {
                yield return new(expanded, [], $"expansion of simplex {run + 1}");
                Vertex second = new(expanded, _answer!);
                next = second.IsBetterThan(first) ? second : first;
            }
            else if (!first.IsBetterThan(vertices[n - 1]))
            {
                bool isOutside = first.IsBetterThan(worst);
                yield return new(isOutside ? outside : inside, [], $"contraction of simplex {run + 1}");
                Vertex second = new(isOutside ? outside : inside, _answer!);
                next = second.IsBetterThan(isOutside ? first : worst) ? second : null;
            }

            if (next is not null)
            {
                vertices[n] = next;
            }
            else
            {
                double[][] shrunk = [.. vertices.Skip(1).Select(vertex => Along(vertices[0].Unit, vertex.Unit, shrinkage, active))];
                for (int i = 0; i < n; i++)
                {
                    yield return new(shrunk[i], [.. shrunk[(i + 1)..]], $"shrinking of simplex {run + 1}, corner {i + 1} of {n}");
                    vertices[i + 1] = new(shrunk[i], _answer!);
                }
            }

            Sort(vertices);
        }
    }

    /// <summary>Coordinates with an order that are active at a point.</summary>
    private int[] Active(double[] unit)
    {
        double[] activated = [.. unit];
        axes.Activate(activated);
        return [.. Enumerable.Range(0, unit.Length).Where(i => !double.IsNaN(activated[i]) && !axes.Axes[i].IsNominal && !axes.Axes[i].IsConstant)];
    }

    /// <summary>A step along an axis to where there is more room, every second run the other way if it fits.</summary>
    private double[] Corner(double[] from, int i, double size, int run)
    {
        Axis axis = axes.Axes[i];
        double step = axis.Levels > 1 ? Math.Max(size, 1.0 / axis.Levels) : size;
        bool isUp = from[i] < 0.5;
        double there = from[i] + (isUp == (run % 4 < 2) ? step : -step);
        double[] corner = [.. from];
        corner[i] = there is >= 0 and <= 1 ? there : Math.Clamp(from[i] + (isUp ? step : -step), 0, 1);
        return corner;
    }

    /// <summary>The point with each single category changed, in random order; no more than a dozen.</summary>
    private double[][] Probes(double[] unit)
    {
        double[] activated = [.. unit];
        axes.Activate(activated);
        List<double[]> probes = [];
        for (int i = 0; i < unit.Length; i++)
        {
            if (!axes.Axes[i].IsNominal || double.IsNaN(activated[i]))
            {
                continue;
            }

            int own = axes.Axes[i].LevelOf(unit[i]);
            for (int level = 0; level < axes.Axes[i].Levels; level++)
            {
                if (level != own)
                {
                    double[] probe = [.. unit];
                    probe[i] = axes.Axes[i].Centres[level];
                    probes.Add(probe);
                }
            }
        }

        double[][] shuffled = [.. probes];
        random.Shuffle<double[]>(shuffled);
        return shuffled.Length <= MostProbes ? shuffled : shuffled[..MostProbes];
    }

    private bool IsNarrow(List<Vertex> vertices, int[] active) => active.All(i =>
    {
        double low = vertices.Min(vertex => vertex.Unit[i]);
        double high = vertices.Max(vertex => vertex.Unit[i]);
        return high - low < (axes.Axes[i].Levels > 1 ? 0.25 / axes.Axes[i].Levels : Narrow);
    });

    private static double[] Centre(List<Vertex> vertices, int count)
    {
        double[] centre = new double[vertices[0].Unit.Length];
        for (int k = 0; k < count; k++)
        {
            Dense.AddScaled(1.0 / count, vertices[k].Unit, centre);
        }

        return centre;
    }

    /// <summary>centre + factor · (to - centre) in the active coordinates, within the box; the others are those of <paramref name="to"/>.</summary>
    private static double[] Along(double[] centre, double[] to, double factor, int[] active)
    {
        double[] point = [.. to];
        foreach (int i in active)
        {
            point[i] = Math.Clamp(centre[i] + (factor * (to[i] - centre[i])), 0, 1);
        }

        return point;
    }

    private static void Sort(List<Vertex> vertices)
    {
        Vertex[] sorted = [.. vertices.OrderBy(vertex => vertex.Result, Merit.BestFirst)];
        vertices.Clear();
        vertices.AddRange(sorted);
    }

    /// <summary>A corner and what is known there.</summary>
    private sealed record Vertex(double[] Unit, EvaluatedPoint Result)
    {
        public bool IsBetterThan(Vertex other) => Merit.BestFirst.Compare(Result, other.Result) < 0;
    }
}
