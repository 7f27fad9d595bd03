using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Services;

/// <summary>How trials that run elsewhere reach this installation: the address of its settings, and tokens.</summary>
public sealed class TrialAccess(HpoOptions options, TrialTokens tokens) : ITrialAccess
{
    /// <inheritdoc/>
    /// <remarks>A host sets the address at which it listens where the settings give none.</remarks>
    public Uri? Address { get; set; } = options.PublicUrl;

    /// <inheritdoc/>
    public string TokenOf(string experiment, int trial) => tokens.Issue(experiment, trial);
}
