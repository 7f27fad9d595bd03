using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The Pareto front as a table: trial, metrics, configuration; and its hypervolume as a line.</summary>
internal static class FrontTable
{
    private const int Shown = 30;

    /// <summary>Prints the table, or as much of it as is easily read.</summary>
    public static void Print(Printer printer, ExperimentView experiment)
    {
        if (experiment.Front is not { IsEmpty: false } front)
        {
            return;
        }

        ImmutableArray<FrontTrial> members = [.. front.Take(Shown)];
        string[] metrics = [.. experiment.Metrics!.Value.Select(metric => metric.Name)];
        string[] parameters = [.. members.SelectMany(member => member.Config.Names).Distinct(StringComparer.Ordinal)];
        printer.Table(
            ["trial", .. metrics, .. parameters],
            [
                .. members.Select(member => (IReadOnlyList<string>)
                [
                    member.Trial.ToString(CultureInfo.InvariantCulture),
                    .. metrics.Select(metric => Number(member.Values[metric] ?? double.NaN)),
                    .. parameters.Select(parameter => member.Config.TryGetValue(parameter, out var value) ? value.ToString() : "-"),
                ]),
            ]);
    }

    /// <summary>How large the front is; null where there is a single metric.</summary>
    public static string? Line(ExperimentView experiment)
    {
        if (experiment.Front is not { } front)
        {
            return null;
        }

        string shown = front.Length > Shown ? $", {Number(Shown)} of them shown" : string.Empty;
        string volume = experiment.Hypervolume is { } hypervolume
            ? $"; hypervolume {Number(hypervolume.Value)} up to {string.Join(", ", hypervolume.Reference.Select(metric => $"{metric.Key} {Number(metric.Value)}"))}"
            : string.Empty;
        return $"Pareto front: {Number(front.Length)} trials{shown}{volume}";
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
