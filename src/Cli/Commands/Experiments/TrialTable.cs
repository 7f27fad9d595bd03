using System.Globalization;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Trials as a table: number, state, value, configuration, and what went wrong.</summary>
internal static class TrialTable
{
    private const int LongestRemark = 100;

    public static void Print(Printer printer, ExperimentView experiment, IReadOnlyCollection<TrialView> trials)
    {
        string[] others = [.. (experiment.Metrics ?? []).Skip(1).Select(metric => metric.Name), .. experiment.Constraints ?? []];
        string[] parameters = [.. trials.SelectMany(t => t.Config.Names).Distinct(StringComparer.Ordinal)];
        bool hasRemarks = trials.Any(t => Remark(t).Length > 0);
        printer.Table(
            ["trial", "state", experiment.Metric, .. others, .. parameters, .. Column(hasRemarks, "remark")],
            [
                .. trials.Select(t => (IReadOnlyList<string>)
                [
                    t.Trial.ToString(CultureInfo.InvariantCulture),
                    t.State.ToString().ToLowerInvariant(),
                    Number(t.Value),
                    .. others.Select(name => Number(t.LastValueOf(name))),
                    .. parameters.Select(p => t.Config.TryGetValue(p, out var value) ? value.ToString() : "-"),
                    .. Column(hasRemarks, Remark(t)),
                ]),
            ]);
    }

    /// <summary>What a trial reported last under a name; null where its last report does not have it.</summary>
    public static double? LastValueOf(this TrialView trial, string name) => trial.Reports is [.., var last] ? last.Metrics[name] : null;

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "-";

    private static string[] Column(bool isThere, string text) => isThere ? [text] : [];

    private static string Remark(TrialView trial)
    {
        string? why = trial.State == TrialStatus.Completed ? null : trial.Error ?? trial.Reason;
        string text = (why ?? string.Empty).Split('\n')[0].Trim();
        return text.Length <= LongestRemark ? text : $"{text[..LongestRemark]}...";
    }
}
