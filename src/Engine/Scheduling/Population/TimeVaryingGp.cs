using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Scheduling.Population;

/// <summary>A Gaussian process whose function drifts: points correlate the less the longer they lie apart in time.</summary>
/// <remarks>
/// <para>
/// Kernel: exp(-|x - x'|² / 2ℓ²) (1 - ε)^(|t - t'| / 2), plus noise (I. Bogunovic, J. Scarlett, V. Cevher, "Time-varying Gaussian process bandit
/// optimization", AISTATS 2016, eq. 5). ℓ, ε and the noise are those of a few that the data is most likely with; the signal's variance follows from them.
/// </para>
/// <para>Cost: as many factorings, n³/6 each, as there are candidates; n² a prediction.</para>
/// </remarks>
internal sealed class TimeVaryingGp
{
    private const int MostCompared = 60;

    private static readonly (double Length, double Drift, double Noise)[] Candidates =
    [
        .. from length in (double[])[0.15, 0.3, 0.6, 1.2]
           from drift in (double[])[0.02, 0.2]
           from noise in (double[])[0.01, 0.1, 0.5]
           select (length, drift, noise),
    ];

    private readonly (double Length, double Drift, double Noise) _parameters;
    private readonly Cholesky _factor;
    private readonly List<(double[] Point, double Time)> _rows = [];
    private readonly double[] _alpha;
    private readonly double _signal;
    private readonly double _mean;
    private readonly double _scale;
    private readonly int _known;

    private TimeVaryingGp((double, double, double) parameters, IReadOnlyList<(double[] Point, double Time)> rows, double[] targets, double mean, double scale)
    {
        (_parameters, _mean, _scale) = (parameters, mean, scale);
        _factor = new(rows.Count);
        List<double> kept = [];
        for (int i = 0; i < rows.Count; i++)
        {
            if (TryAdd(rows[i]))
            {
                kept.Add(targets[i]);
            }
        }

        _known = _factor.Size;
        _alpha = [.. kept];
        _factor.Solve(_alpha);
        _signal = Math.Max(Dense.Dot(_alpha, kept.ToArray()) / Math.Max(1, _known), 1e-12);
    }

    private double LogLikelihood => -0.5 * ((_known * Math.Log(_signal)) + _factor.LogDeterminant);

    /// <summary>The most likely of the candidates; of many rows, the last ones decide which that is.</summary>
    /// <param name="rows">Points in the unit cube and their times; at least one.</param>
    /// <param name="values">Finite; shape [n].</param>
    public static TimeVaryingGp Fit(IReadOnlyList<(double[] Point, double Time)> rows, double[] values)
    {
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        double scale = deviation > 0 ? deviation : 1;
        double[] targets = [.. values.Select(value => (value - mean) / scale)];
        int first = Math.Max(0, rows.Count - MostCompared);
        (double, double, double) likeliest = Candidates.MaxBy(parameters => new TimeVaryingGp(parameters, [.. rows.Skip(first)], targets[first..], mean, scale).LogLikelihood);
        return new(likeliest, rows, targets, mean, scale);
    }

    /// <summary>Believes a point to be evaluated with its mean: the variance near it falls, the mean stays.</summary>
    public void Believe(double[] point, double time) => TryAdd((point, time));

    /// <summary>Mean and standard deviation of the noise-free value.</summary>
    public (double Mean, double Deviation) Predict(double[] point, double time)
    {
        double[] cross = Correlations(point, time);
        double mean = Dense.Dot(cross.AsSpan(0, _known), _alpha);
        _factor.SolveLower(cross);
        double variance = _signal * Math.Max(1 - Dense.Dot(cross, cross), 1e-12);
        return (_mean + (_scale * mean), _scale * Math.Sqrt(variance));
    }

    private bool TryAdd((double[] Point, double Time) row)
    {
        if (!_factor.TryAppend([.. Correlations(row.Point, row.Time), 1 + _parameters.Noise]))
        {
            return false;
        }

        _rows.Add(row);
        return true;
    }

    private double[] Correlations(double[] point, double time)
    {
        double narrowness = -0.5 / (_parameters.Length * _parameters.Length);
        double decay = 0.5 * Math.Log(1 - _parameters.Drift);
        double[] correlations = new double[_rows.Count];
        for (int i = 0; i < correlations.Length; i++)
        {
            (double[] other, double then) = _rows[i];
            double q = 0;
            for (int j = 0; j < other.Length; j++)
            {
                double difference = point[j] - other[j];
                q += difference * difference;
            }

            correlations[i] = Math.Exp((narrowness * q) + (decay * Math.Abs(time - then)));
        }

        return correlations;
    }
}
