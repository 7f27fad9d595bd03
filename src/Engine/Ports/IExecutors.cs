using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Ports;

/// <summary>The executors of this installation, by site.</summary>
public interface IExecutors
{
    /// <summary>The executor of a site.</summary>
    /// <exception cref="NotFoundException">No site has this name.</exception>
    ITrialExecutor For(string site);

    /// <summary>All of them, by their names.</summary>
    IEnumerable<ITrialExecutor> All { get; }
}
