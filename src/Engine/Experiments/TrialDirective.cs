namespace HpoServerless.Engine.Experiments;

/// <summary>What a running trial is told in answer to a report.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Until">With <see cref="DirectiveAction.Continue"/>: the step at which to ask again; null for never. One that is reached already: nothing was decided yet.</param>
/// <param name="Budget">With <see cref="DirectiveAction.Continue"/>: what a program that takes a budget is told; null for <paramref name="Until"/>.</param>
public sealed record TrialDirective(DirectiveAction Action, long? Until = null, double? Budget = null);

/// <summary>What a running trial does next.</summary>
public enum DirectiveAction
{
    /// <summary>Go on.</summary>
    Continue,

    /// <summary>Save and end this segment.</summary>
    Pause,

    /// <summary>End for good.</summary>
    Stop,
}
