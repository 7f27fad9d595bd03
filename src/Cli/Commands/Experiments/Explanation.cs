using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>Tells the story of an experiment and of its trials in sentences.</summary>
internal sealed class Explanation(CliContext context)
{
    /// <summary>The experiment, then every trial.</summary>
    public async Task PrintAsync(IExperimentClient client, string id, CancellationToken cancellation)
    {
        ExperimentView view = await client.FindAsync(id, cancellation);
        foreach (string sentence in Sentences(view))
        {
            context.Output.WriteLine(sentence);
        }

        for (int trial = 1; trial <= view.Trials.Total; trial++)
        {
            context.Output.WriteLine();
            await PrintAsync(client, id, trial, cancellation);
        }
    }

    /// <summary>One trial.</summary>
    public async Task PrintAsync(IExperimentClient client, string id, int trial, CancellationToken cancellation)
    {
        ExplanationView explanation = await client.ExplainAsync(id, trial, cancellation);
        context.Output.WriteLine(Text($"Trial {trial} ({explanation.State.ToString().ToLowerInvariant()}):"));
        foreach (string sentence in explanation.Sentences)
        {
            context.Output.WriteLine($"  {sentence}");
        }
    }

    private static IEnumerable<string> Sentences(ExperimentView view)
    {
        IEnumerable<string> goals = (view.Metrics ?? [new(view.Metric, view.Mode)]).Select(metric => $"{(metric.Mode == OptimizationMode.Min ? "smallest" : "largest")} {metric.Name}");
        yield return Text($"Experiment {view.Id} of project {view.Project} looks for the {string.Join(" and the ", goals)} with {view.Algorithm} search and the trial scheduler {view.Scheduler}; its seed is {view.Seed}.");
        yield return Text($"It may try {view.NumTrials} trials, {view.MaxConcurrent} at the same time, at {(view.Sites is { } sites ? $"the sites {string.Join(", ", sites)}" : $"the site {view.Site}")}.");
        if (view.Constraints is { } constraints)
        {
            yield return $"These numbers must be at most 0: {string.Join(", ", constraints)}.";
        }

        if (view.WarmStart is { } warmStart)
        {
            yield return $"Its search began with {warmStart}.";
            if (warmStart.Continues is { } continues)
            {
                yield return $"It {continues}.";
            }
        }

        TrialCounts trials = view.Trials;
        yield return Text($"Of {trials.Total} trials so far, {trials.Completed} completed, {trials.Failed} failed, {trials.Stopped} were stopped early, {trials.Running} run and {trials.Paused} wait at a checkpoint.");
        if (view.Steps > 0 && view.MostSteps > 1)
        {
            long all = view.MostSteps * view.Trials.Total;
            yield return Text($"They went {view.Steps} steps in all, which is {100.0 * view.Steps / all:0.#} % of the {all} that it would take to let every trial go as far as the longest did ({view.MostSteps}).");
        }

        foreach (string remark in view.Remarks ?? [])
        {
            yield return $"{char.ToUpperInvariant(remark[0])}{remark[1..]}.";
        }

        if (view.Cost is { } cost)
        {
            yield return Text($"Its ended segments cost {cost:0.####}.");
        }

        yield return view.Best is { } best
            ? Text($"The best is trial {best.Trial} with {view.Metric} {best.Value:R}{BestTrialText.Remark(best)}.")
            : $"No trial has a {view.Metric} yet.";
        if (view.Front is { } front)
        {
            yield return front.IsEmpty ? "No trial is on the Pareto front yet." : $"On the Pareto front are the trials {string.Join(", ", front.Select(member => member.Trial).Order())}.";
        }

        string because = view.Reason is { } reason ? $", because {reason}" : string.Empty;
        yield return view.EndedAt is { } ended
            ? Text($"It ended as {view.Status.ToString().ToLowerInvariant()} at {ended:u}{because}.")
            : $"It is {view.Status.ToString().ToLowerInvariant()}{because}.";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
