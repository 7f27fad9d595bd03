using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Ports;

/// <summary>Trials, as they were after the last committed turn.</summary>
public interface ITrialStore
{
    /// <summary>A trial, or null where there is none.</summary>
    Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation);

    /// <summary>Trials of an experiment by ascending number; none where there is no such experiment.</summary>
    /// <exception cref="InvalidInputException">The continuation is not one that this store gave.</exception>
    Task<Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation);
}
