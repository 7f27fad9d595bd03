namespace HpoServerless.Engine.Experiments;

/// <summary>What a trial reported at one step.</summary>
/// <param name="Step">How far the trial is: training iterations so far, counted from 1. Grows from report to report.</param>
/// <param name="Metrics">The numbers.</param>
/// <param name="At">When it was reported.</param>
public sealed record Report(long Step, Metrics Metrics, DateTimeOffset At);
