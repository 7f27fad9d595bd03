using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Cli.Output;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Prints what came out of several independent experiments: one line each, and the best of all.</summary>
internal sealed class IndependentReport(CliContext context)
{
    private readonly Printer _printer = new(context);

    /// <summary>Prints the results as they stand.</summary>
    /// <returns>The exit code that goes with them: that of a failure where one has failed.</returns>
    public int Print(IReadOnlyList<ExperimentView> views, bool asJson)
    {
        if (asJson)
        {
            context.Output.WriteLine(CliJson.Line(ResultOf(views)));
        }
        else
        {
            Print(views, IndependentExperiments.Best(views));
        }

        return views.Any(view => ResultReport.ExitCodeOf(view) != ExitCode.Done) ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>The results as they stand.</summary>
    public static IndependentResult ResultOf(IReadOnlyList<ExperimentView> views) => new(
        [.. views.Select(ExperimentResult.Of)],
        IndependentExperiments.Best(views) is { } best ? new(best.Id, best.Seed, best.Best!.Trial, best.Best.Value, best.Best.Config) : null);

    private void Print(IReadOnlyList<ExperimentView> views, ExperimentView? best)
    {
        _printer.Table(
            ["experiment", "seed", "state", "trials", "failed", views[0].Metric, "trial"],
            [
                .. views.Select(view => (IReadOnlyList<string>)
                [
                    view.Id,
                    Text($"{view.Seed}"),
                    view.Status.ToString().ToLowerInvariant(),
                    Text($"{view.Trials.Ended}"),
                    Text($"{view.Trials.Failed}"),
                    view.Best is { } top ? Text($"{top.Value:R}") : "-",
                    view.Best is { } at ? Text($"{at.Trial}{BestTrialText.Remark(at)}") : "-",
                ]),
            ]);
        _printer.Line(best?.Best is { } of
            ? Text($"best {best.Metric} of all {of.Value:R} (experiment {best.Id}, trial {of.Trial}{BestTrialText.Remark(of)}): {CliJson.Line(of.Config)}")
            : $"no trial has a value of {views[0].Metric}; see why with: hpo experiment trials {views[0].Id}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a run with <c>--independent</c> prints with <c>--json</c>.</summary>
/// <param name="Experiments">The results, in the order of the seeds.</param>
/// <param name="Best">The best of all; null where no trial has a value.</param>
internal sealed record IndependentResult(ImmutableArray<ExperimentResult> Experiments, BestOfAll? Best);

/// <summary>The best trial of several experiments.</summary>
internal sealed record BestOfAll(string Experiment, ulong Seed, int Trial, double Value, Engine.Space.Configuration Config);
