using System.Collections.Concurrent;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Remembers for a moment which trials run, so that one that reports often is not read again for each report.</summary>
/// <remarks>
/// What is remembered only ever says that a trial goes on. That it is over, or has to ask, is believed after a look at the store alone:
/// a stale memory, which only turns that another process took leave behind, delays an interruption by at most <see cref="Lifetime"/>.
/// </remarks>
public sealed class RunningTrials(ITrialStore trials, TimeProvider time)
{
    /// <summary>How long a trial is remembered.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private const int Capacity = 16_384;

    private readonly ConcurrentDictionary<(string Experiment, int Trial), (Trial Trial, DateTimeOffset ReadAt)> _known = new();

    /// <summary>A trial as it is in the store now.</summary>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<Trial> ReadAsync(SegmentId segment, CancellationToken cancellation)
    {
        Trial trial = await trials.FindAsync(segment.Experiment, segment.Trial, cancellation)
            ?? throw new NotFoundException("trial", $"{segment.Trial} of experiment {segment.Experiment}");
        Remember(segment.Experiment, trial);
        return trial;
    }

    /// <summary>A trial that runs, as it was a moment ago; null where that is not known.</summary>
    public Trial? Recent(string experiment, int trial) =>
        _known.TryGetValue((experiment, trial), out (Trial Trial, DateTimeOffset ReadAt) known) && time.GetUtcNow() - known.ReadAt < Lifetime ? known.Trial : null;

    /// <summary>Remembers trials that were read, or committed by a turn.</summary>
    public void Remember(string experiment, params IEnumerable<Trial> present)
    {
        if (_known.Count >= Capacity)
        {
            // Rare, and everything in it can be read again.
            _known.Clear();
        }

        foreach (Trial trial in present)
        {
            if (trial.Status == TrialStatus.Running)
            {
                _known[(experiment, trial.Number)] = (trial, time.GetUtcNow());
            }
            else
            {
                _known.TryRemove((experiment, trial.Number), out _);
            }
        }
    }
}
