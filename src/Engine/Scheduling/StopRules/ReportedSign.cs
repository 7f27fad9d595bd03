using System.Globalization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Scheduling.StopRules;

/// <summary>Gives minimised values the sign that trials report and people know.</summary>
internal readonly record struct ReportedSign(OptimizationMode Mode)
{
    /// <summary>The value as reported.</summary>
    public double Of(double minimised) => Mode == OptimizationMode.Max ? -minimised : minimised;

    /// <summary>The same for people.</summary>
    public string Text(double minimised) => double.IsFinite(minimised) ? Of(minimised).ToString("G6", CultureInfo.InvariantCulture) : "none";
}
