using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>How fast an experiment goes, measured from the first look on, and how long it may still take.</summary>
/// <param name="time">The clock.</param>
/// <param name="limit">Longest experiment; null: unlimited.</param>
internal sealed class Pace(TimeProvider time, TimeSpan? limit)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    private (int Ended, long At)? _first;

    /// <summary>Trials a second, and the time left; null while that cannot be said.</summary>
    public (double? Rate, TimeSpan? Left) Measure(ExperimentView view)
    {
        int ended = view.Trials.Ended;
        _first ??= (ended, time.GetTimestamp());
        TimeSpan watched = time.GetElapsedTime(_first.Value.At);
        double? rate = watched >= Shortest && ended > _first.Value.Ended ? (ended - _first.Value.Ended) / watched.TotalSeconds : null;
        TimeSpan? left = rate is { } r ? TimeSpan.FromSeconds((view.NumTrials - ended) / r) : null;
        TimeSpan? allowed = limit - watched;
        return (rate, allowed < left || left is null ? allowed : left);
    }
}
