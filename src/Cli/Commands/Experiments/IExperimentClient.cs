using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Experiments wherever they are: behind a URL, or in a data folder.</summary>
/// <remarks>Every method with an id throws <see cref="NotFoundException"/> where there is no such experiment, and <see cref="UnavailableException"/> where nothing answers.</remarks>
internal interface IExperimentClient : IDisposable
{
    /// <summary>An experiment as it stands.</summary>
    Task<ExperimentView> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All experiments, newest first.</summary>
    IAsyncEnumerable<ExperimentView> ListAsync(CancellationToken cancellation);

    /// <summary>The trials of an experiment by number.</summary>
    IAsyncEnumerable<TrialView> TrialsAsync(string id, CancellationToken cancellation);

    /// <summary>Why a trial went the way it went.</summary>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    Task<ExplanationView> ExplainAsync(string id, int trial, CancellationToken cancellation);

    /// <summary>Gives an experiment a command.</summary>
    /// <returns>A remark for the user: what happens now; null where that is plain.</returns>
    /// <exception cref="ConflictException">The experiment has ended, or another process has it.</exception>
    Task<string?> CommandAsync(string id, ExperimentCommand command, CancellationToken cancellation);

    /// <summary>Removes an ended experiment and all that belongs to it.</summary>
    /// <exception cref="ConflictException">The experiment has not ended, or another process has it.</exception>
    Task DeleteAsync(string id, CancellationToken cancellation);
}
