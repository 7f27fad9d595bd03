using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Remembers the running trials of each experiment as of its last turn, so that one that reports often is not read again for each report.</summary>
/// <remarks>
/// Trials change by turns alone. So one look at the experiment, once every <see cref="Lifetime"/>, answers for all its trials: where there was no turn, nothing changed.
/// What another process decided is heard at most that much later; what this process decided, at once.
/// </remarks>
public sealed class RunningTrials(IExperimentStore experiments, ITrialStore trials, TimeProvider time)
{
    /// <summary>For how long the number of the last turn is believed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>So many reports of an experiment are worth a turn, also where nothing has to be decided.</summary>
    public const int ReportsATurn = 16;

    /// <summary>A turn writes whole trials, so it is to add at least this part of what they have: writing stays in proportion to what is reported.</summary>
    private const int Growth = 8;

    private const int Capacity = 4096;

    private readonly ConcurrentDictionary<string, View> _views = new(StringComparer.Ordinal);

    /// <summary>A trial as it is in the store now.</summary>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<Trial> ReadAsync(string experiment, int number, CancellationToken cancellation)
    {
        View? before = _views.GetValueOrDefault(experiment);
        Trial trial = await trials.FindAsync(experiment, number, cancellation) ?? throw new NotFoundException("trial", $"{number} of experiment {experiment}");
        for (View? view = before; view is not null && view.Turn == before!.Turn && view.CreatedAt == before.CreatedAt; view = _views.GetValueOrDefault(experiment))
        {
            if (_views.TryUpdate(experiment, view.With(trial), view))
            {
                break;
            }
        }

        return trial;
    }

    /// <summary>A trial as it was a moment ago.</summary>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    public async Task<Trial> RecentAsync(string experiment, int number, CancellationToken cancellation)
    {
        View? view = _views.GetValueOrDefault(experiment);
        if (view is null || time.GetElapsedTime(view.SeenAt) >= Lifetime)
        {
            view = await LookAsync(experiment, view, cancellation);
        }

        return view.Running.TryGetValue(number, out Trial? known) ? known : await ReadAsync(experiment, number, cancellation);
    }

    /// <summary>Remembers what a turn of this process made of an experiment.</summary>
    /// <param name="experiment">Id of the experiment.</param>
    /// <param name="state">The experiment after the turn.</param>
    /// <param name="changed">The trials that the turn changed.</param>
    public void Remember(string experiment, ExperimentState state, IEnumerable<Trial> changed)
    {
        ExperimentSummary summary = state.Summary;
        if (summary.IsFinal)
        {
            _views.TryRemove(experiment, out _);
            return;
        }

        View? before = _views.GetValueOrDefault(experiment);
        ImmutableDictionary<int, Trial> running = before is not null && before.Turn == summary.Turn - 1 && before.CreatedAt == summary.CreatedAt ? before.Running : Nothing;
        Keep(experiment, changed.Aggregate(new View(summary.CreatedAt, summary.Turn, time.GetTimestamp(), running), static (view, trial) => view.With(trial)));
    }

    /// <summary>Counts a report that waits for the next turn.</summary>
    /// <param name="experiment">Id of the experiment.</param>
    /// <param name="trial">The trial that reported, as it was a moment ago.</param>
    /// <returns>Whether so many wait now that they are worth a turn.</returns>
    public bool CountReport(string experiment, Trial trial)
    {
        if (!_views.TryGetValue(experiment, out View? view)
            || Interlocked.Increment(ref view.Waiting.Value) < Math.Max(ReportsATurn, (long)view.Running.Count * trial.Reports.Length / Growth))
        {
            return false;
        }

        view.Waiting.Value = 0;
        return true;
    }

    private static ImmutableDictionary<int, Trial> Nothing => ImmutableDictionary<int, Trial>.Empty;

    private async Task<View> LookAsync(string experiment, View? before, CancellationToken cancellation)
    {
        long now = time.GetTimestamp();
        View? looking = before is null ? null : before with { SeenAt = now };
        bool isFirst = looking is not null && _views.TryUpdate(experiment, looking, before!); // one looks; those who come meanwhile need not
        try
        {
            ExperimentSummary summary = (await experiments.FindAsync(experiment, cancellation))?.Summary ?? throw new NotFoundException("experiment", experiment);
            View seen = new(summary.CreatedAt, summary.Turn, now, Nothing);
            if (summary.IsFinal)
            {
                _views.TryRemove(experiment, out _);
                return seen;
            }

            return Keep(experiment, seen);
        }
        catch (NotFoundException)
        {
            _views.TryRemove(experiment, out _);
            throw;
        }
        catch when (isFirst)
        {
            _views.TryUpdate(experiment, before!, looking!);
            throw;
        }
    }

    /// <summary>Remembers a view, unless what is known of the experiment is as new.</summary>
    private View Keep(string experiment, View view)
    {
        if (_views.Count >= Capacity && !_views.ContainsKey(experiment))
        {
            // Rare, and everything in it can be read again.
            _views.Clear();
        }

        return _views.AddOrUpdate(
            experiment,
            static (_, view) => view,
            static (_, known, view) => known.CreatedAt == view.CreatedAt && known.Turn >= view.Turn ? known : view,
            view);
    }

    /// <summary>An experiment, as far as it is known.</summary>
    /// <param name="CreatedAt">Tells it from another one that had the id before.</param>
    /// <param name="Turn">Its last turn.</param>
    /// <param name="SeenAt">When that was known to be its last turn.</param>
    /// <param name="Running">Trials that were read, or changed, since that turn, by their number.</param>
    private sealed record View(DateTimeOffset CreatedAt, int Turn, long SeenAt, ImmutableDictionary<int, Trial> Running)
    {
        /// <summary>How many reports this process took since that turn.</summary>
        public StrongBox<int> Waiting { get; } = new();

        public View With(Trial trial) =>
            this with { Running = trial.Status == TrialStatus.Running ? Running.SetItem(trial.Number, trial) : Running.Remove(trial.Number) };
    }
}
