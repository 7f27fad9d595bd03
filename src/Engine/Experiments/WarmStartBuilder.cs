using System.Collections.Immutable;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>Chooses what an experiment learns from the trials of earlier ones.</summary>
/// <remarks>
/// Trials outside the search space, and those that ended without all metrics and constraints, are left out and counted; failed ones stay, as
/// failed. Of more than <see cref="WarmStart.Limit"/>, half are the best (least violation, then best value of the first metric) and the others
/// those of the rest that ended last.
/// </remarks>
/// <param name="definition">The experiment that begins.</param>
internal sealed class WarmStartBuilder(ExperimentDefinition definition)
{
    private readonly List<(WarmTrial Trial, Observation Seen, DateTimeOffset EndedAt)> _taken = [];
    private int _outside;
    private int _withoutValue;

    /// <summary>Whether there is anything to learn from.</summary>
    public bool IsEmpty => _taken.Count == 0;

    /// <summary>Considers one more trial; those that have not ended do not count.</summary>
    /// <returns>Whether it has a value of every metric and constraint.</returns>
    public bool Add(Trial trial)
    {
        Measurement? measured = trial.IsFinal && trial.Status != TrialStatus.Failed ? Measurement.LatestOf(trial, definition) : null;
        if (!trial.IsFinal)
        {
            return false;
        }

        if (measured is null && trial.Status != TrialStatus.Failed)
        {
            _withoutValue++;
        }
        else if (!definition.Space.Contains(trial.Configuration))
        {
            _outside++;
        }
        else
        {
            Take(trial, measured);
        }

        return measured is not null;
    }

    /// <summary>What was chosen.</summary>
    /// <param name="experiments">Ids of the experiments.</param>
    public WarmStart Build(ImmutableArray<string> experiments) => new(experiments)
    {
        Trials = [.. Chosen().Select(index => _taken[index].Trial)],
        Outside = _outside,
        WithoutValue = _withoutValue,
        BeyondLimit = Math.Max(0, _taken.Count - WarmStart.Limit),
    };

    private void Take(Trial trial, Measurement? measured)
    {
        WarmTrial warm = new(
            InitialPoints.Canonical(definition.Space, trial.Configuration),
            measured is null ? [] : [.. definition.AllObjectives.Zip(measured.Objectives, (objective, value) => objective.Minimised(value))],
            measured?.Constraints ?? [])
        {
            IsPartial = trial.Status == TrialStatus.Stopped,
            Step = trial.LastStep,
            Seconds = trial.ToObservation(definition).Seconds,
        };
        _taken.Add((warm, warm.ToObservation(0, definition), trial.EndedAt ?? trial.StartedAt));
    }

    /// <summary>Indices of the chosen ones, ascending.</summary>
    private IEnumerable<int> Chosen()
    {
        int[] all = [.. Enumerable.Range(0, _taken.Count)];
        if (all.Length <= WarmStart.Limit)
        {
            return all;
        }

        int[] best =
        [
            .. all.Where(i => _taken[i].Seen.Value is not null).OrderBy(i => _taken[i].Seen.Violation).ThenBy(i => _taken[i].Seen.Value).Take(WarmStart.Limit / 2),
        ];
        IEnumerable<int> newest = all.Except(best).OrderByDescending(i => _taken[i].EndedAt).ThenByDescending(i => i).Take(WarmStart.Limit - best.Length);
        return best.Concat(newest).Order();
    }
}
