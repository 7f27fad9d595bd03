using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>A point at which a trial went on from another trial's checkpoint, with another configuration.</summary>
/// <param name="Step">Its last step before.</param>
/// <param name="From">The other trial.</param>
/// <param name="Before">Its configuration up to there.</param>
/// <param name="At">The step that it goes on from, that of the checkpoint; at least <paramref name="Step"/>.</param>
public sealed record TrialOrigin(long Step, int From, Configuration Before, long At);
