using System.Collections;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>The trials that run or wait, by ascending number. Looked up when first asked for: thousands may wait, and not every searcher asks.</summary>
/// <param name="state">The experiment.</param>
internal sealed class PendingTrials(ExperimentState state) : IReadOnlyList<PendingTrial>
{
    private PendingTrial[]? _trials;

    public int Count => state.Running.Count + state.Paused.Count;

    private PendingTrial[] Trials => _trials ??= [.. state.Running.Concat(state.Paused).Order().Select(trial => new PendingTrial(trial, state.TrialAt(trial).Configuration))];

    public PendingTrial this[int index] => Trials[index];

    public IEnumerator<PendingTrial> GetEnumerator() => ((IEnumerable<PendingTrial>)Trials).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
