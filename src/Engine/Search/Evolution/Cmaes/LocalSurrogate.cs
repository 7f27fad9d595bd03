using HpoServerless.Engine.Numerics;
using HpoServerless.Engine.Search.Modelling;

namespace HpoServerless.Engine.Search.Evolution.Cmaes;

/// <summary>A cheap guess of how good candidates are, to choose among many before one is evaluated.</summary>
/// <remarks>
/// Ridge regression of normal scores of ranks on the points closest to the mean: linear terms in the coordinates in which the distribution is
/// round, squares as soon as there are enough points, products too where that guesses each point better from the others, and a term for each
/// category. Ranks make it as blind to the scale of the objective as CMA-ES is. The idea is that of N. Hansen, "A global surrogate assisted
/// CMA-ES", GECCO 2019, 664-672, but the model chooses candidates and never stands in for a result. Cost: O(m p²) for p terms, m = 3 p points.
/// </remarks>
internal sealed class LocalSurrogate
{
    private const int MostTerms = 130;
    private const int PointsATerm = 3;
    private const double Ridge = 1e-2;

    /// <summary>Only so many of the last points are looked at, so that long searches do not slow down.</summary>
    private const int Memory = 1000;

    private readonly CmaesState _state;
    private readonly Degree _degree;
    private readonly double[] _coefficients;

    private LocalSurrogate(CmaesState state, Degree degree, double[] coefficients) => (_state, _degree, _coefficients) = (state, degree, coefficients);

    private enum Degree
    {
        Linear,
        Squares,
        Full,
    }

    /// <summary>Fits it to what is known; null where that is too little, or where there are too many parameters.</summary>
    public static LocalSurrogate? Fit(CmaesState state, SearchHistory history)
    {
        int n = state.Plan.Numeric.Length;
        int points = history.ByTrial.Count;
        int linear = 1 + n + state.Plan.NominalAxes.Sum(axis => axis.Levels);
        int squares = linear + n;
        int full = squares + (n * (n - 1) / 2);
        if (state.Model is null || squares > MostTerms || points <= linear)
        {
            return null;
        }

        // Of equally distant points, as all are where nothing but categories is searched, the latest.
        (EvaluatedPoint Point, double[] Z)[] near =
        [
            .. history.ByTrial.Skip(points - Memory).Select(point => (Point: point, Z: Whiten(state, point.Unit)))
                .OrderBy(pair => Dense.Dot(pair.Z, pair.Z)).ThenByDescending(pair => pair.Point.Trial)
                .Take(PointsATerm * (full <= MostTerms ? full : squares)),
        ];
        int judged = Math.Min(near.Length, PointsATerm * squares);
        (LocalSurrogate Surrogate, double Error)? best = null;
        foreach ((Degree degree, int terms) in new[] { (Degree.Linear, linear), (Degree.Squares, squares), (Degree.Full, full) })
        {
            int used = Math.Min(near.Length, PointsATerm * terms);
            if (terms <= MostTerms && (degree == Degree.Linear ? near.Length <= squares : used > terms))
            {
                double[][] rows = [.. near.Take(Math.Max(used, judged)).Select(pair => Terms(state, pair.Point.Unit, pair.Z, degree))];
                (double[] Coefficients, double Error)? fit = Regress(rows, Scores([.. near.Take(rows.Length).Select(pair => pair.Point)]), judged);
                best = fit is { } found && (best is null || found.Error < best.Value.Error) ? (new(state, degree, found.Coefficients), found.Error) : best;
            }
        }

        return best?.Surrogate;
    }

    /// <summary>Guesses the normal score at a point; less is better.</summary>
    /// <param name="unit">Shape [d].</param>
    public double Predict(double[] unit)
    {
        double[] active = [.. unit];
        _state.Plan.Axes.Activate(active);
        return Dense.Dot(_coefficients, Terms(_state, active, Whiten(_state, active), _degree));
    }

    /// <summary>Normal quantiles of the ranks, the mean one for equal points.</summary>
    private static double[] Scores(EvaluatedPoint[] points)
    {
        int[] order = [.. Enumerable.Range(0, points.Length).OrderBy(i => points[i], Merit.BestFirst)];
        double[] scores = new double[points.Length];
        for (int first = 0, last; first < order.Length; first = last)
        {
            last = first + 1;
            while (last < order.Length && Merit.BestFirst.Compare(points[order[first]], points[order[last]]) == 0)
            {
                last++;
            }

            for (int i = first; i < last; i++)
            {
                scores[order[i]] = Normal.Quantile((first + last) / (2.0 * order.Length));
            }
        }

        return scores;
    }

    /// <summary>Coefficients, and the squared error of each point's guess by the others, in parts of the variance.</summary>
    /// <param name="terms">Shape [m][p].</param>
    /// <param name="scores">Shape [m].</param>
    /// <param name="judged">The error is that of the first points, as many as this.</param>
    private static (double[] Coefficients, double Error)? Regress(double[][] terms, double[] scores, int judged)
    {
        int p = terms[0].Length;
        double[] matrix = new double[p * p];
        double[] coefficients = new double[p];
        for (int k = 0; k < terms.Length; k++)
        {
            Dense.AddScaled(scores[k], terms[k], coefficients);
            for (int i = 0; i < p; i++)
            {
                Dense.AddScaled(terms[k][i], terms[k], matrix.AsSpan(i * p, p));
            }
        }

        for (int i = 1; i < p; i++)
        {
            matrix[i * (p + 1)] += Ridge * terms.Length;
        }

        Cholesky cholesky = new(p);
        if (!cholesky.TryFactor(matrix, p))
        {
            return null;
        }

        cholesky.Solve(coefficients);
        double mean = scores.Take(judged).Average();
        double error = 0;
        double variance = 1e-12;
        for (int k = 0; k < judged; k++)
        {
            double[] half = [.. terms[k]];
            cholesky.SolveLower(half);
            double left = (scores[k] - Dense.Dot(coefficients, terms[k])) / Math.Max(1e-6, 1 - Dense.Dot(half, half));
            error += left * left;
            variance += (scores[k] - mean) * (scores[k] - mean);
        }

        return (coefficients, error / variance);
    }

    private static double[] Whiten(CmaesState state, double[] unit) =>
        state.Model!.Whiten(state.Model.StepTo([.. state.Plan.Numeric.Select(i => unit[i])]));

    private static double[] Terms(CmaesState state, double[] unit, double[] z, Degree degree)
    {
        List<double> terms = [1, .. z];
        for (int i = 0; i < z.Length && degree != Degree.Linear; i++)
        {
            for (int j = degree == Degree.Full ? 0 : i; j <= i; j++)
            {
                terms.Add(z[i] * z[j]);
            }
        }

        for (int i = 0; i < state.Plan.Nominal.Length; i++)
        {
            double own = unit[state.Plan.Nominal[i]];
            int level = double.IsNaN(own) ? -1 : state.Plan.NominalAxes[i].LevelOf(own);
            terms.AddRange(Enumerable.Range(0, state.Plan.NominalAxes[i].Levels).Select(other => other == level ? 1.0 : 0.0));
        }

        return [.. terms];
    }
}
