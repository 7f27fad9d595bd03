using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Stopping;

/// <summary>Says when an experiment ends before its number of trials is used up. Pure; O(1).</summary>
internal interface IStopper
{
    /// <summary>Looks at the experiment after what arrived was folded.</summary>
    /// <param name="state">The experiment.</param>
    /// <param name="now">Time of the turn.</param>
    /// <returns>Null to go on.</returns>
    StopVerdict? Check(ExperimentState state, DateTimeOffset now);

    /// <summary>When the answer may change although nothing arrives; null where it cannot.</summary>
    DateTimeOffset? Deadline(ExperimentState state) => null;
}

/// <summary>Why and how an experiment ends.</summary>
/// <param name="Status">How it ends: succeeded, failed or stopped.</param>
/// <param name="Reason">Why, for people: the rule, the limit and the value.</param>
internal sealed record StopVerdict(ExperimentStatus Status, string Reason);
