using HpoServerless.Engine.Space;

namespace HpoServerless.Bench.Quality;

/// <summary>A function with a known optimum that searchers are judged by. Always minimised.</summary>
/// <param name="Space">Where it is defined.</param>
/// <param name="Truth">Its value without noise; null where a trial fails.</param>
/// <param name="Optimum">Its smallest value in the space.</param>
/// <param name="Best">A configuration that has it, up to rounding.</param>
internal sealed record Problem(SearchSpace Space, Func<Configuration, double?> Truth, double Optimum, Configuration Best)
{
    /// <summary>Standard deviation of the Gaussian noise on what searchers see.</summary>
    public double Noise { get; init; }
}

/// <summary>Makes a problem for a seed; problems that do not vary ignore it.</summary>
/// <param name="Name">Name in tables and on the command line.</param>
/// <param name="Set">Which set it belongs to: peers, shifted or unseen.</param>
/// <param name="For">The problem of a seed.</param>
internal sealed record ProblemFactory(string Name, string Set, Func<ulong, Problem> For);
