using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>The experiments that exist.</summary>
/// <remarks>
/// <para>All four experiment ports (this one, <see cref="IInbox"/>, <see cref="ITurnStore"/>, <see cref="ITrialStore"/>) look at the same data; every store has all four.</para>
/// <para>Everywhere: an id is 1 to 64 of <c>a-z 0-9 -</c> (the store may trust it); <see cref="UnavailableException"/> where the storage does not answer.</para>
/// </remarks>
public interface IExperimentStore
{
    /// <summary>Creates an experiment.</summary>
    /// <returns>False, and nothing is changed, where an experiment with this id exists, whatever it contains.</returns>
    Task<bool> CreateAsync(ExperimentRecord experiment, CancellationToken cancellation);

    /// <summary>An experiment, or null where there is none.</summary>
    Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>Experiments, newest first.</summary>
    /// <exception cref="InvalidInputException">The continuation is not one that this store gave.</exception>
    Task<Page<ExperimentRecord>> ListAsync(PageRequest page, CancellationToken cancellation);

    /// <summary>Removes an experiment and all that belongs to it. Removing one that does not exist does nothing.</summary>
    Task DeleteAsync(string id, CancellationToken cancellation);
}

/// <summary>An experiment as it is stored: what defines it and where it stands.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Definition">What defines it; never changes.</param>
/// <param name="Summary">Where it stood after its last turn.</param>
public sealed record ExperimentRecord(string Id, ExperimentDefinition Definition, ExperimentSummary Summary);
