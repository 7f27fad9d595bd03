using System.Collections.Immutable;
using System.Runtime.InteropServices;
using HpoServerless.Engine.Search;

namespace HpoServerless.Engine.Experiments;

/// <summary>What one report says about everything that an experiment judges trials by. All numbers are finite.</summary>
/// <param name="Objectives">Minimised; shape [objectives], the primary metric first.</param>
/// <param name="Constraints">What must be at most 0; shape [constraints].</param>
internal sealed record Measurement(ImmutableArray<double> Objectives, ImmutableArray<double> Constraints)
{
    /// <summary>By how much the constraints are exceeded in sum; 0 where all are met.</summary>
    public double Violation => Observation.ViolationOf(Constraints);

    /// <summary>What the latest report says that has all of the numbers.</summary>
    /// <returns>Null where there is none.</returns>
    public static Measurement? LatestOf(Trial trial, ExperimentDefinition definition)
    {
        for (int i = trial.Reports.Length - 1; i >= 0; i--)
        {
            if (Of(trial.Reports[i].Metrics, definition) is { } complete)
            {
                return complete;
            }
        }

        return null;
    }

    /// <summary>What a completed trial came to: its last report has all of the numbers.</summary>
    public static Measurement OfCompleted(Trial trial, ExperimentDefinition definition) =>
        Of(trial.Reports[^1].Metrics, definition) ?? throw new ArgumentException($"trial {trial.Number} has no complete last report", nameof(trial));

    /// <summary>Why a trial that ran to its end cannot be judged.</summary>
    /// <returns>Null where its last report has all of the numbers.</returns>
    public static string? FaultOf(Trial trial, ExperimentDefinition definition)
    {
        IEnumerable<(string What, string Name)> needed =
            definition.AllObjectives.Select(objective => ("metric", objective.Name)).Concat(definition.Constraints.Select(name => ("constraint", name)));
        if (trial.Reports.IsEmpty)
        {
            return $"the script ended without reporting anything; it must report {string.Join(" and ", needed.Select(number => $"{number.What} '{number.Name}'"))}";
        }

        Metrics last = trial.Reports[^1].Metrics;
        IEnumerable<string> faults = needed.Select(number => FaultOf(number.What, number.Name, last, trial.LastStep)).OfType<string>();
        return faults.Any() ? string.Join("; ", faults) : null;
    }

    /// <summary>All metrics that are optimised, minimised.</summary>
    /// <returns>Null where one of them is missing or not finite.</returns>
    public static ImmutableArray<double>? ObjectivesOf(Metrics metrics, ExperimentDefinition definition)
    {
        ImmutableArray<Objective> wanted = definition.AllObjectives;
        double[] objectives = new double[wanted.Length];
        for (int i = 0; i < objectives.Length; i++)
        {
            if (metrics[wanted[i].Name] is not { } value || !double.IsFinite(value))
            {
                return null;
            }

            objectives[i] = wanted[i].Minimised(value);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(objectives);
    }

    private static Measurement? Of(Metrics metrics, ExperimentDefinition definition)
    {
        if (ObjectivesOf(metrics, definition) is not { } objectives)
        {
            return null;
        }

        double[] constraints = new double[definition.Constraints.Length];
        for (int i = 0; i < constraints.Length; i++)
        {
            if (metrics[definition.Constraints[i]] is not { } value || !double.IsFinite(value))
            {
                return null;
            }

            constraints[i] = value;
        }

        return new(objectives, ImmutableCollectionsMarshal.AsImmutableArray(constraints));
    }

    private static string? FaultOf(string what, string name, Metrics last, long step) =>
        last[name] is not { } value ? $"{what} '{name}' is missing from the last report (step {step}), or is no number there; its numbers are: {Names(last)}"
        : !double.IsFinite(value) ? $"{what} '{name}' is {(double.IsNaN(value) ? "not a number (nan)" : "infinite")} in the last report (step {step})"
        : null;

    private static string Names(Metrics metrics) => metrics.Count == 0 ? "nothing" : string.Join(", ", metrics.Select(m => m.Key));
}
