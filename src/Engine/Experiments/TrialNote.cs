namespace HpoServerless.Engine.Experiments;

/// <summary>One line of a trial's explanation: what was decided about it and why.</summary>
/// <param name="Turn">Turn that decided.</param>
/// <param name="At">When.</param>
/// <param name="Action">What was decided.</param>
/// <param name="Reason">Why, for people: what was compared with what.</param>
public sealed record TrialNote(int Turn, DateTimeOffset At, DecisionAction Action, string Reason);
