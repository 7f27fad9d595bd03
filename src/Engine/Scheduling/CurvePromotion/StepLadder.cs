using System.Collections.Immutable;

namespace HpoServerless.Engine.Scheduling.CurvePromotion;

/// <summary>The steps at which trials are looked at: each half as far again as the one before.</summary>
internal sealed class StepLadder
{
    private const double Growth = 1.5;
    private readonly ImmutableArray<long> _steps;

    /// <param name="first">First step.</param>
    /// <param name="last">Last step, at least the first.</param>
    public StepLadder(long first, long last)
    {
        ImmutableArray<long>.Builder steps = ImmutableArray.CreateBuilder<long>();
        for (long step = first; step < last; step = Math.Max(step + 1, (long)(step * Growth)))
        {
            steps.Add(step);
        }

        steps.Add(last);
        _steps = steps.DrainToImmutable();
    }

    /// <summary>First step.</summary>
    public long First => _steps[0];

    /// <summary>Last step.</summary>
    public long Last => _steps[^1];

    /// <summary>The first step after a step; the last one where there is none.</summary>
    public long After(long step)
    {
        int at = _steps.BinarySearch(step);
        return _steps[Math.Min(at < 0 ? ~at : at + 1, _steps.Length - 1)];
    }
}
