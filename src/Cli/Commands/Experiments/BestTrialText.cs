using System.Globalization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>What is to be said of the best trial besides its value.</summary>
internal static class BestTrialText
{
    /// <summary>Says where it is only the best of those that break the constraints; empty otherwise.</summary>
    public static string Remark(BestTrial best) => best.Violation is { } violation
        ? string.Create(CultureInfo.InvariantCulture, $", which exceeds the constraints by {violation:R}, the least: no trial meets them")
        : string.Empty;
}
