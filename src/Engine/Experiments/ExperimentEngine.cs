using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using HpoServerless.Engine.Placement;

namespace HpoServerless.Engine.Experiments;

/// <summary>The heart: turns what happened into decisions.</summary>
public static class ExperimentEngine
{
    // Keyed by identity: what an algorithm has memoised lives as long as the definition it was built from.
    private static readonly ConditionalWeakTable<ExperimentDefinition, Algorithms> Built = [];

    /// <summary>Takes in what arrived and decides what to try, what to continue and what to stop.</summary>
    /// <param name="state">The experiment after its last turn.</param>
    /// <param name="inbox">Events that wait, by ascending id; those that do not fit in one turn are left for the next.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">How much the turn may change; the default fits every store.</param>
    /// <param name="slots">What the sites say; one that is not among them takes any number of trials. Default: none is limited.</param>
    /// <returns>
    /// The next state and the turn that leads to it; no turn where nothing arrived and nothing is to be decided.
    /// Pure: the same arguments give an equal result, in any process. Cost: O(events + decisions + running trials), whatever the number of trials,
    /// besides what the searcher and the trial scheduler need.
    /// </returns>
    /// <exception cref="Errors.InvalidInputException">The definition names an algorithm or option that does not exist. Not retryable.</exception>
    /// <exception cref="Errors.UnsupportedSpaceException">The searcher cannot search the space. Not retryable.</exception>
    public static AdvanceResult Advance(ExperimentState state, IReadOnlyList<ExperimentEvent> inbox, DateTimeOffset now, TurnLimits? limits = null, ImmutableArray<SiteSlots> slots = default)
    {
        if (state.Summary.IsFinal)
        {
            return new(state, null, null);
        }

        // An experiment that is ending asks no algorithm any more, and must end even where they cannot be built.
        Algorithms? algorithms = state.EndsAs is null ? Built.GetValue(state.Definition, Algorithms.For) : null;
        return new TurnBuilder(state, algorithms, Later(state, now), limits ?? TurnLimits.Default, slots.IsDefault ? [] : slots).Build(inbox);
    }

    /// <summary>Ends an experiment that cannot go on: its definition cannot be carried out, or its data are damaged. Trials that run are stopped first.</summary>
    /// <param name="state">The experiment after its last turn; not ended yet.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">How much the turn may change; the default fits every store.</param>
    public static AdvanceResult Fail(ExperimentState state, string reason, DateTimeOffset now, TurnLimits? limits = null) =>
        new TurnBuilder(state, algorithms: null, Later(state, now), limits ?? TurnLimits.Default, state.Slots).BuildFailure(reason);

    private static DateTimeOffset Later(ExperimentState state, DateTimeOffset now) => now > state.Summary.UpdatedAt ? now : state.Summary.UpdatedAt;
}

/// <summary>What <see cref="ExperimentEngine.Advance"/> decided.</summary>
/// <param name="State">The experiment after the turn.</param>
/// <param name="Turn">The turn; null where there was nothing to take in and nothing to decide.</param>
/// <param name="WakeAt">When to look again although nothing arrives (a time limit); null where only events matter.</param>
public sealed record AdvanceResult(ExperimentState State, Turn? Turn, DateTimeOffset? WakeAt)
{
    /// <summary>Numbers of the trials that the turn created or changed, ascending.</summary>
    public ImmutableArray<int> ChangedTrials { get; init; } = [];
}
