using System.Collections.Immutable;
using HpoServerless.Engine.Numerics;

namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>At which steps the trials of each bracket are compared: <c>grace · factor^k</c> below the last step, beginning one factor later in each bracket.</summary>
internal sealed class RungBrackets
{
    private readonly ImmutableArray<ImmutableArray<long>> _brackets;

    /// <param name="maxT">Last step.</param>
    /// <param name="grace">First rung of the first bracket.</param>
    /// <param name="factor">From rung to rung; above 1.</param>
    /// <param name="brackets">How many; at least 1.</param>
    public RungBrackets(long maxT, long grace, double factor, int brackets)
    {
        MaxT = maxT;
        _brackets = [.. Enumerable.Range(0, brackets).Select(s => Milestones(maxT, grace, factor, s))];
    }

    /// <summary>Last step of a trial.</summary>
    public long MaxT { get; }

    /// <summary>How many brackets there are.</summary>
    public int Count => _brackets.Length;

    /// <summary>All steps at which trials are compared, ascending.</summary>
    public ImmutableArray<long> All => _brackets[0];

    /// <summary>Rungs of the bracket that a trial belongs to, ascending; larger brackets are drawn more often (softmax of their number of rungs).</summary>
    public ImmutableArray<long> Of(ulong seed, int trial)
    {
        if (_brackets.Length == 1)
        {
            return _brackets[0];
        }

        int largest = _brackets.Max(b => b.Length);
        double total = _brackets.Sum(b => Math.Exp(b.Length - largest));
        double draw = SeededRandom.For(seed, "asynchyperband-bracket", trial).NextUnit() * total;
        foreach (ImmutableArray<long> bracket in _brackets)
        {
            draw -= Math.Exp(bracket.Length - largest);
            if (draw < 0)
            {
                return bracket;
            }
        }

        return _brackets[^1];
    }

    /// <summary>The first rung of a trial after a step, or the last step.</summary>
    public long Next(ulong seed, int trial, long step)
    {
        foreach (long milestone in Of(seed, trial))
        {
            if (milestone > step)
            {
                return milestone;
            }
        }

        return MaxT;
    }

    private static ImmutableArray<long> Milestones(long maxT, long grace, double factor, int bracket)
    {
        List<long> milestones = [];
        for (double milestone = grace * Math.Pow(factor, bracket); milestone < maxT; milestone *= factor)
        {
            milestones.Add((long)milestone);
        }

        return [.. milestones.Distinct()];
    }
}
