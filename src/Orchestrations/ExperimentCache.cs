using System.Collections.Concurrent;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations;

/// <summary>Remembers experiments between activities, so that a turn costs what it changes and not what the experiment has become.</summary>
/// <remarks>
/// Never the truth: a commit fails where another process advanced the experiment, and then the missing turns are read.
/// Takes a quarter of the process's memory at most. Where that is full, others make room, whichever stand first in the table: always the same few,
/// so that most of the experiments stay. The one that was used longest ago would be the wrong one: experiments come in turn, and it is needed next.
/// </remarks>
public sealed class ExperimentCache(IExperimentStore experiments, ITurnStore turns)
{
    private const int BytesAnExperiment = 32 << 10;
    private const int BytesATrial = 1 << 10;
    private const int BytesAReport = 64;

    private readonly ConcurrentDictionary<string, ExperimentState> _states = new();
    private readonly Lock _gate = new();
    private long _used;

    /// <summary>So many bytes are remembered at most, roughly, and the experiment that came last.</summary>
    internal long Room { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>What defines an experiment.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentDefinition> DefinitionAsync(string id, CancellationToken cancellation) =>
        _states.TryGetValue(id, out ExperimentState? known) ? known.Definition : (await RecordAsync(id, cancellation)).Definition;

    /// <summary>What defines an experiment now: an id may have been removed and used again since this process heard of it.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentDefinition> PresentDefinitionAsync(string id, CancellationToken cancellation)
    {
        ExperimentRecord record = await RecordAsync(id, cancellation);
        if (!_states.TryGetValue(id, out ExperimentState? known))
        {
            return record.Definition;
        }

        if (known.Summary.CreatedAt == record.Summary.CreatedAt)
        {
            return known.Definition;
        }

        Forget(id, known);
        return record.Definition;
    }

    /// <summary>What defines the experiment of a trial that was just read. Costs nothing where this process knows that very trial.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentDefinition> DefinitionOfAsync(string id, Trial trial, CancellationToken cancellation) =>
        _states.TryGetValue(id, out ExperimentState? known) && known.HasTrial(trial.Number) && known.TrialAt(trial.Number).StartedAt == trial.StartedAt
            ? known.Definition
            : await PresentDefinitionAsync(id, cancellation);

    /// <summary>An experiment after at least the given turn, as far as this process knows it.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentState> AtLeastAsync(string id, int turn, CancellationToken cancellation)
    {
        if (turn == 0 || (_states.TryGetValue(id, out ExperimentState? before) && before.Summary.Turn > turn))
        {
            await PresentDefinitionAsync(id, cancellation); // what is known is of an experiment that had the id before, unless the caller is late
        }

        ExperimentState state = _states.TryGetValue(id, out ExperimentState? known) ? known : await LoadAsync(id, cancellation);
        return state.Summary.Turn >= turn ? state : await CatchUpAsync(id, state, isKnown: known is not null, cancellation);
    }

    /// <summary>An experiment after its last committed turn.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<ExperimentState> LatestAsync(string id, CancellationToken cancellation) =>
        _states.TryGetValue(id, out ExperimentState? known) ? await CatchUpAsync(id, known, isKnown: true, cancellation) : await LoadAsync(id, cancellation);

    /// <summary>Remembers a state that was committed.</summary>
    public void Remember(string id, ExperimentState state)
    {
        lock (_gate)
        {
            _used += BytesOf(state) - BytesOf(_states.GetValueOrDefault(id));
            _states[id] = state;
            while (_used > Room && _states.Count > 1)
            {
                Forget(_states.First(other => other.Key != id).Key);
            }
        }
    }

    /// <summary>Forgets an experiment that ended or was removed.</summary>
    public void Forget(string id) => Forget(id, null);

    private static long BytesOf(ExperimentState? state) =>
        state is null ? 0 : BytesAnExperiment + ((long)BytesATrial * state.Trials.Count) + ((long)BytesAReport * state.Reports.Count)
            + (2L * ((state.SearcherState?.Length ?? 0) + (state.SchedulerState?.Length ?? 0)));

    /// <summary>Forgets an experiment, or only that state of it.</summary>
    private void Forget(string id, ExperimentState? known)
    {
        lock (_gate)
        {
            if (_states.TryGetValue(id, out ExperimentState? present) && ReferenceEquals(present, known ?? present))
            {
                _states.TryRemove(id, out _);
                _used -= BytesOf(present);
            }
        }
    }

    private async Task<ExperimentRecord> RecordAsync(string id, CancellationToken cancellation) =>
        await experiments.FindAsync(id, cancellation) ?? throw new NotFoundException("experiment", id);

    private async Task<ExperimentState> LoadAsync(string id, CancellationToken cancellation)
    {
        ExperimentRecord record = await RecordAsync(id, cancellation);
        ExperimentSnapshot? snapshot = await turns.FindSnapshotAsync(id, cancellation);
        ExperimentState state = snapshot?.Restore(record.Definition) ?? ExperimentState.Initial(record.Definition, record.Summary.CreatedAt);
        return await CatchUpAsync(id, state, isKnown: false, cancellation);
    }

    /// <summary>Folds the turns after a state.</summary>
    /// <param name="id">Which experiment.</param>
    /// <param name="state">Where it was.</param>
    /// <param name="isKnown">Whether the state was remembered, so that the id may be another experiment's by now.</param>
    /// <param name="cancellation">Ends the reading.</param>
    private async Task<ExperimentState> CatchUpAsync(string id, ExperimentState state, bool isKnown, CancellationToken cancellation)
    {
        await foreach (Turn turn in turns.ReadAsync(id, state.Summary.Turn + 1, cancellation))
        {
            if (isKnown && (await RecordAsync(id, cancellation)).Summary.CreatedAt != state.Summary.CreatedAt)
            {
                Forget(id, state);
                return await LoadAsync(id, cancellation);
            }

            isKnown = false;
            state = state.Apply(turn);
        }

        Remember(id, state);
        return state;
    }
}
