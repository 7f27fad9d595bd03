using System.Globalization;
using HpoServerless.Cli.Output;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Prints what came out of an experiment: one JSON object, or a table for people.</summary>
internal sealed class ResultReport(CliContext context)
{
    private const int Shown = 10;

    private readonly Printer _printer = new(context);

    /// <summary>Prints the result as it stands.</summary>
    /// <returns>The exit code that goes with it.</returns>
    public async Task<int> PrintAsync(IExperimentClient client, ExperimentView view, bool asJson, CancellationToken cancellation)
    {
        if (asJson)
        {
            context.Output.WriteLine(CliJson.Line(ExperimentResult.Of(view)));
        }
        else
        {
            List<TrialView> trials = [];
            await foreach (TrialView trial in client.TrialsAsync(view.Id, cancellation))
            {
                trials.Add(trial);
            }

            Print(view, trials);
        }

        return ExitCodeOf(view);
    }

    /// <summary>Only an experiment that failed is a failure; one that somebody stopped did what it was told.</summary>
    public static int ExitCodeOf(ExperimentView view) => view.Status == ExperimentStatus.Failed ? ExitCode.Failed : ExitCode.Done;

    private void Print(ExperimentView view, List<TrialView> trials)
    {
        TrialView[] best = view.Best is null ? [] : [.. trials.BestFirst(view).TakeWhile(t => t is { State: TrialStatus.Completed or TrialStatus.Stopped, Value: not null }).Take(Shown)];
        if (view.Front is { IsEmpty: false })
        {
            FrontTable.Print(_printer, view);
        }
        else if (best.Length > 0)
        {
            TrialTable.Print(_printer, view, best);
        }

        string reason = view.Reason is { } why ? $": {why}" : string.Empty;
        _printer.Line($"experiment {view.Id} {view.Status.ToString().ToLowerInvariant()}{reason}");
        TrialCounts counts = view.Trials;
        _printer.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{counts.Total} trials: {counts.Completed} completed, {counts.Failed} failed, {counts.Stopped} stopped; seed {view.Seed}; {(view.UpdatedAt - view.CreatedAt).TotalSeconds:0.0} s"));
        if (counts.Stopped > 0 && view.MostSteps > 1)
        {
            long all = view.MostSteps * counts.Total;
            _printer.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{view.Steps} steps, {100.0 * view.Steps / all:0.#} % of the {all} that it takes to let all {counts.Total} trials go {view.MostSteps} steps"));
        }

        if (view.Cost is { } cost)
        {
            _printer.Line(string.Create(CultureInfo.InvariantCulture, $"cost {cost:0.####}"));
        }

        foreach (string remark in view.Remarks ?? [])
        {
            _printer.Line(remark);
        }

        if (FrontTable.Line(view) is { } front)
        {
            _printer.Line(front);
        }

        _printer.Line(view.Best is { } top
            ? $"best {view.Metric} {Number(top.Value)} (trial {Number(top.Trial)}{BestTrialText.Remark(top)}): {CliJson.Line(top.Config)}"
            : $"no trial has a value of {view.Metric}{FirstError(trials)}");
    }

    private static string FirstError(List<TrialView> trials) =>
        trials.FirstOrDefault(t => t.Error is not null) is { } failed ? $"; trial {Number(failed.Trial)} failed: {failed.Error!.Split('\n')[0]}" : string.Empty;

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
