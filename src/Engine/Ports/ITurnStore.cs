using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>The log of turns of every experiment, and the snapshots that save refolding it.</summary>
public interface ITurnStore
{
    /// <summary>
    /// Commits a turn, all or nothing: appends it, writes the rows of the trials that it changed and the summary; then removes the events that it folded from the inbox.
    /// </summary>
    /// <remarks>A store may lose its breath before the last step: then the commit fails although the turn is there, which a second try says, and the next turn is committed only when the events are gone.</remarks>
    /// <returns>False, and nothing is changed, where the turn is not the one after the last committed turn, or of an experiment that had the id before.</returns>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="UnavailableException">The store does not answer; or the turn folds events that the turn before folded, and that do not wait again: read the inbox again.</exception>
    Task<bool> CommitAsync(string experiment, TurnCommit commit, CancellationToken cancellation);

    /// <summary>Committed turns in ascending order.</summary>
    /// <param name="experiment">Id of the experiment.</param>
    /// <param name="from">First turn wanted, from 1.</param>
    /// <param name="cancellation">Ends the reading.</param>
    IAsyncEnumerable<Turn> ReadAsync(string experiment, int from, CancellationToken cancellation);

    /// <summary>Keeps a snapshot; an older one may be dropped. Losing a snapshot loses nothing but time.</summary>
    Task SaveSnapshotAsync(string experiment, ExperimentSnapshot snapshot, CancellationToken cancellation);

    /// <summary>The newest snapshot; null where there is none, or it cannot be read.</summary>
    Task<ExperimentSnapshot?> FindSnapshotAsync(string experiment, CancellationToken cancellation);
}

/// <summary>What one commit writes.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Trials">Trials that it created or changed, as they are after it, by ascending number.</param>
/// <param name="Summary">The experiment's summary after it.</param>
public sealed record TurnCommit(Turn Turn, ImmutableArray<Trial> Trials, ExperimentSummary Summary);
