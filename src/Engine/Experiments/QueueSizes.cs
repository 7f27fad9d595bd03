namespace HpoServerless.Engine.Experiments;

/// <summary>How many trials run beside those that there are workers for. With n workers new trials start when no more than n + <see cref="Min"/> run, until n + <see cref="Max"/> do.</summary>
/// <param name="Min">Below <paramref name="Max"/>; negative numbers leave workers idle before more is started.</param>
/// <param name="Max">0 is one trial a worker; above it trials wait at the workers.</param>
public sealed record QueueSizes(int Min = -1, int Max = 0)
{
    /// <summary>How many trials may be started or resumed now.</summary>
    /// <param name="running">Trials that run.</param>
    /// <param name="workers">Trials that can run at the same time; null where that is not limited.</param>
    /// <param name="most">Most trials at the same time, whatever there are workers.</param>
    public int Free(int running, int? workers, int most)
    {
        if (workers is not { } count)
        {
            return Math.Max(0, most - running);
        }

        long refill = Math.Min((long)most - 1, Math.Max(0, (long)count + Min));
        return running > refill ? 0 : (int)Math.Max(0, Math.Min(most, (long)count + Max) - running);
    }
}
