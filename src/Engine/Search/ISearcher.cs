using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Search;

/// <summary>Proposes the configurations an experiment evaluates next.</summary>
/// <remarks>
/// <para>
/// <b>Contract</b> (checked for every implementation by <c>SearcherContract</c>):
/// <list type="number">
///   <item>Pure: the same <see cref="SearchContext"/> and count give an equal <see cref="SearchStep"/>. No clock, no I/O, no ambient random source.</item>
///   <item>Resumable: the returned <see cref="SearchStep.State"/> survives a JSON round trip and is all the searcher remembers between calls.</item>
///   <item>In bounds: every suggestion lies inside <see cref="SearchContext.Space"/>, conditional parameters included.</item>
///   <item>Honest: at most <c>count</c> suggestions; fewer only when <see cref="SearchStep.Status"/> says why.</item>
///   <item>Indifferent to the order of arrival: the same set of observations gives the same step, in whatever order they stand.</item>
///   <item>No repetition: while a configuration is left that was neither tried nor is running, none is suggested twice.</item>
/// </list>
/// </para>
/// <para>Objectives are always minimised here; the experiment flips the sign of maximised metrics before it calls.</para>
/// </remarks>
public interface ISearcher
{
    /// <summary>Stable name used in experiment files and in the registry, in kebab-case.</summary>
    string Name { get; }

    /// <summary>Proposes up to <paramref name="count"/> configurations.</summary>
    /// <param name="context">What is known about the experiment so far.</param>
    /// <param name="count">Number of configurations wanted; at least 1.</param>
    /// <returns>The suggestions, in the order they should be started, and the state to pass to the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    /// <exception cref="UnsupportedSpaceException">The space has a parameter this algorithm cannot search. Not retryable.</exception>
    SearchStep Suggest(SearchContext context, int count);
}
