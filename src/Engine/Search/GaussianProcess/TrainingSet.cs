using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Observations with values, as a model sees them, by ascending trial.</summary>
internal sealed class TrainingSet
{
    private readonly EvaluatedPoint[] _known;

    private TrainingSet(ModelSpace space, EvaluatedPoint[] known, double[] values)
    {
        (Space, _known, Values) = (space, known, values);
        Points = new double[known.Length * space.Dimension];
        for (int i = 0; i < known.Length; i++)
        {
            space.Translate(known[i].Unit, Points.AsSpan(i * space.Dimension, space.Dimension));
        }

        ByRank = [.. Enumerable.Range(0, known.Length).OrderBy(i => known[i].Observation.Violation).ThenBy(i => values[i]).ThenBy(i => known[i].Trial)];
    }

    /// <summary>The space.</summary>
    public ModelSpace Space { get; }

    /// <summary>Number of observations, n.</summary>
    public int Count => _known.Length;

    /// <summary>Row-major, [n · d].</summary>
    public double[] Points { get; }

    /// <summary>Objective values; shape [n].</summary>
    public double[] Values { get; }

    /// <summary>Indices from the best to the worst observation, feasible ones first; shape [n].</summary>
    public int[] ByRank { get; }

    /// <summary>All observations that have a value.</summary>
    /// <remarks>A trial that was stopped early is never believed to be better than the best one that was not.</remarks>
    public static TrainingSet Of(ModelSpace space, SearchHistory history)
    {
        EvaluatedPoint[] known = [.. history.ByTrial.Where(point => point.Value is not null)];
        double best = known.Where(point => !point.Observation.IsPartial).Select(point => point.Value!.Value).DefaultIfEmpty(double.NegativeInfinity).Min();
        return new(space, known, [.. known.Select(point => point.Observation.IsPartial ? Math.Max(point.Value!.Value, best) : point.Value!.Value)]);
    }

    /// <summary>A part of it.</summary>
    /// <param name="indices">In any order; all different.</param>
    public TrainingSet Take(IEnumerable<int> indices)
    {
        int[] chosen = [.. indices.Order()];
        return chosen.Length == Count ? this : new(Space, [.. chosen.Select(i => _known[i])], [.. chosen.Select(i => Values[i])]);
    }

    /// <summary>What the kernel sees of one observation; shape [d].</summary>
    public ReadOnlySpan<double> Point(int index) => Points.AsSpan(index * Space.Dimension, Space.Dimension);

    /// <summary>Unit of one observation, NaN where inactive; shape [d].</summary>
    public double[] Unit(int index) => _known[index].Unit;

    /// <summary>Number of the trial of one observation.</summary>
    public int Trial(int index) => _known[index].Trial;

    /// <summary>Whether one observation meets its constraints.</summary>
    public bool IsFeasible(int index) => _known[index].Observation.Violation == 0;

    /// <summary>The observations nearest to a point.</summary>
    /// <param name="centre">As the kernel sees it; shape [d].</param>
    /// <param name="scales">Lengths along the axes; shape [d].</param>
    /// <param name="count">How many, at most.</param>
    public IEnumerable<int> Nearest(double[] centre, double[] scales, int count) => count >= Count
        ? Enumerable.Range(0, Count)
        : Enumerable.Range(0, Count).OrderBy(i => SquaredDistance(Point(i), centre, scales)).ThenBy(Trial).Take(count);

    /// <summary>So many observations that a model of them stays affordable: the best half, the nearest to the best quarter, the rest evenly over time.</summary>
    /// <param name="most">How many, at most.</param>
    public TrainingSet Limit(int most)
    {
        if (Count <= most)
        {
            return this;
        }

        double[] scales = [.. Enumerable.Repeat(1.0, Space.Dimension)];
        HashSet<int> chosen = [.. ByRank.Take(most / 2)];
        chosen.UnionWith(Nearest(Point(ByRank[0]).ToArray(), scales, Count).Where(i => !chosen.Contains(i)).Take(most / 4).ToList());
        int[] rest = [.. Enumerable.Range(0, Count).Where(i => !chosen.Contains(i))];
        int wanted = most - chosen.Count;
        chosen.UnionWith(Enumerable.Range(0, wanted).Select(k => rest[(int)((long)k * rest.Length / wanted)]));
        return Take(chosen);
    }

    private double SquaredDistance(ReadOnlySpan<double> a, double[] b, double[] scales)
    {
        double sum = 0;
        for (int j = 0; j < b.Length; j++)
        {
            double difference = (a[j] - b[j]) / scales[j];
            sum += Space.IsNominal[j] ? (difference == 0 ? 0 : 1) : difference * difference;
        }

        return sum;
    }
}
