using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Experiments wherever they are: behind a URL, or in a data folder.</summary>
/// <remarks>
/// Every method with an id throws <see cref="NotFoundException"/>, or <see cref="ServiceAnswerException"/> with the service's words, where there is no such thing;
/// every method throws <see cref="UnavailableException"/> where nothing answers, and <see cref="RefusedException"/> where the key does not fit.
/// </remarks>
internal interface IExperimentClient : IDisposable
{
    /// <summary>An experiment as it stands.</summary>
    Task<ExperimentView> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All experiments, newest first.</summary>
    IAsyncEnumerable<ExperimentView> ListAsync(CancellationToken cancellation);

    /// <summary>The trials of an experiment by number.</summary>
    IAsyncEnumerable<TrialView> TrialsAsync(string id, CancellationToken cancellation);

    /// <summary>Why a trial went the way it went.</summary>
    Task<ExplanationView> ExplainAsync(string id, int trial, CancellationToken cancellation);

    /// <summary>What a trial and what it ran printed.</summary>
    /// <exception cref="HpoException">There is no log (yet).</exception>
    Task<string> LogAsync(string id, int trial, CancellationToken cancellation);

    /// <summary>Gives an experiment a command.</summary>
    /// <returns>A remark for the user: what happens now; null where that is plain.</returns>
    /// <exception cref="HpoException">The experiment has ended, or another process has it.</exception>
    Task<string?> CommandAsync(string id, ExperimentCommand command, CancellationToken cancellation);

    /// <summary>Removes an ended experiment and all that belongs to it.</summary>
    /// <exception cref="HpoException">The experiment has not ended, or another process has it.</exception>
    Task DeleteAsync(string id, CancellationToken cancellation);
}
