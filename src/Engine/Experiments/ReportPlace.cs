namespace HpoServerless.Engine.Experiments;

/// <summary>Where a report stands.</summary>
/// <param name="Trial">Number of its trial.</param>
/// <param name="Row">Index among the trial's reports.</param>
internal readonly record struct ReportPlace(int Trial, int Row);
