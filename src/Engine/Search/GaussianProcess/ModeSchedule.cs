namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Decides what each trial is for.</summary>
/// <remarks>
/// Of three trials in turn, one goes into the trust region, by two models in turn. One of the others explores once the search has converged
/// where it is: when the last trials together improved the best value by less than a millionth of the distance between median and best.
/// Which trials were local depends on their numbers alone.
/// </remarks>
internal sealed class ModeSchedule
{
    private const int Period = 3;
    private const double Noticeable = 1e-6;

    private readonly int _initial;
    private readonly bool _usesTrustRegion;
    private readonly bool _hasConverged;

    /// <param name="data">All observations.</param>
    /// <param name="initial">Trials of the initial design.</param>
    /// <param name="usesTrustRegion">Whether any trial is local or explores.</param>
    public ModeSchedule(TrainingSet data, int initial, bool usesTrustRegion)
    {
        (_initial, _usesTrustRegion) = (initial, usesTrustRegion);
        int recent = Math.Max(6, 2 * data.Space.Dimension);
        if (data.Count > 2 * recent)
        {
            double median = data.Values.Order().ElementAt(data.Count / 2);
            double before = Best(data, 0, data.Count - recent);
            double now = Best(data, 0, data.Count);
            _hasConverged = before - now <= Noticeable * (median - now);
        }
    }

    /// <summary>Whether a trial goes into the trust region.</summary>
    public bool IsLocal(int trial) => _usesTrustRegion && trial > _initial && trial % Period == 0;

    /// <summary>What a trial is for.</summary>
    public SearchMode Of(int trial) =>
        IsLocal(trial) ? (trial / Period % 2 == 0 ? SearchMode.Local : SearchMode.LocalStraight)
        : _hasConverged && _usesTrustRegion && trial % Period == 1 ? SearchMode.Explore
        : SearchMode.Global;

    private static double Best(TrainingSet data, int from, int to)
    {
        double best = double.PositiveInfinity;
        for (int i = from; i < to; i++)
        {
            best = data.IsFeasible(i) ? Math.Min(best, data.Values[i]) : best;
        }

        return best;
    }
}
