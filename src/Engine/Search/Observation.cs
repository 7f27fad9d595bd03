using System.Collections.Immutable;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Search;

/// <summary>A finished trial as searchers see it. Everything is minimised.</summary>
/// <param name="Trial">Its number; below 1 where it belongs to an earlier experiment.</param>
/// <param name="Configuration">What was evaluated.</param>
/// <param name="Value">The (first) objective, finite; null if the trial failed.</param>
public sealed record Observation(int Trial, Configuration Configuration, double? Value)
{
    /// <summary>All objectives, finite, the first being <see cref="Value"/>; default where there is only that one, or none.</summary>
    public ImmutableArray<double> Objectives { get; init; }

    /// <summary>Values that must be at most 0; default where there are no constraints or the trial failed.</summary>
    public ImmutableArray<double> Constraints { get; init; }

    /// <summary>Whether it was stopped early, so that <see cref="Value"/> is less than the whole truth.</summary>
    public bool IsPartial { get; init; }

    /// <summary>How far it got: the last step that it reported; 0 where that is not known.</summary>
    public long Step { get; init; }

    /// <summary>How long it ran, in seconds; null where that is not known.</summary>
    public double? Seconds { get; init; }

    /// <summary>Sum of what the constraints exceed 0 by; 0 where all are met.</summary>
    public double Violation => ViolationOf(Constraints);

    /// <summary>Sum of what values exceed 0 by; finite.</summary>
    internal static double ViolationOf(ImmutableArray<double> constraints)
    {
        double sum = 0;
        foreach (double value in constraints.IsDefault ? [] : constraints)
        {
            sum += Math.Max(0, value);
        }

        return Math.Min(sum, double.MaxValue);
    }
}

/// <summary>A trial whose result is not known yet.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Configuration">What is being evaluated.</param>
public sealed record PendingTrial(int Trial, Configuration Configuration);
