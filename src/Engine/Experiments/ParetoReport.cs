using System.Collections.Immutable;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>What came out of an experiment with several objectives.</summary>
/// <param name="Front">The trials that none dominates, best value of the first metric first.</param>
/// <param name="Hypervolume">How much they dominate; null while nothing was completed, and where it would take too long or is too large for a number.</param>
public sealed record ParetoReport(ImmutableArray<FrontTrial> Front, HypervolumeOfFront? Hypervolume)
{
    /// <summary>Where all values of an objective are equal, what stands in for their range.</summary>
    private const double NoRange = 1;

    private static readonly ImmutableArray<int> LargestFronts = [int.MaxValue, 1500, 600, 250, 120, 80, 60];

    /// <summary>The report.</summary>
    /// <param name="definition">The experiment.</param>
    /// <param name="summary">Where it stands.</param>
    /// <param name="trials">The trials that the front of the summary names.</param>
    /// <remarks>
    /// The reference point is the user's, or for each objective the worst value of all completed trials and 10 % of the range beyond it
    /// (0.1 where all values are equal).
    /// </remarks>
    public static ParetoReport Of(ExperimentDefinition definition, FrontSummary? summary, IEnumerable<Trial> trials)
    {
        if (summary is null)
        {
            return new([], null);
        }

        ImmutableArray<Objective> objectives = definition.Objectives;
        (Trial Trial, ImmutableArray<double> Values)[] front =
        [
            .. trials.Select(trial => (trial, Measurement.OfCompleted(trial, definition).Objectives)).OrderBy(member => member.Objectives[0]).ThenBy(member => member.trial.Number),
        ];
        double[] reference = [.. objectives.Select((objective, i) => definition.ReferencePoint.IsEmpty ? Beyond(objective, summary.Ranges[i]) : definition.ReferencePoint[i])];
        return new(
            [.. front.Select(member => new FrontTrial(member.Trial.Number, Named(objectives, member.Values.Select((value, i) => objectives[i].Minimised(value))), member.Trial.Configuration))],
            Volume(objectives, [.. front.Select(member => member.Values.ToArray())], reference));
    }

    private static HypervolumeOfFront? Volume(ImmutableArray<Objective> objectives, double[][] front, double[] reference)
    {
        if (!IsFeasible(front.Length, objectives.Length))
        {
            return null;
        }

        double volume = Search.MultiObjective.Hypervolume.Of(front, [.. reference.Select((value, i) => objectives[i].Minimised(value))]);
        return double.IsFinite(volume) && Array.TrueForAll(reference, double.IsFinite) ? new(volume, Named(objectives, reference)) : null;
    }

    /// <summary>Whether the exact volume can be had in about a second: the largest fronts of 2, 3, ... objectives for which that is so.</summary>
    private static bool IsFeasible(int points, int objectives) => points <= LargestFronts[objectives - 2];

    private static double Beyond(Objective objective, ValueRange range)
    {
        double width = range.Highest - range.Lowest;
        double margin = 0.1 * (width > 0 ? width : NoRange);
        return objective.Mode == OptimizationMode.Min ? range.Highest + margin : range.Lowest - margin;
    }

    private static Metrics Named(ImmutableArray<Objective> objectives, IEnumerable<double> values) =>
        new(objectives.Zip(values, (objective, value) => KeyValuePair.Create(objective.Name, value)));
}

/// <summary>A trial that no other dominates.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Values">Its metrics, as reported.</param>
/// <param name="Config">Its configuration.</param>
public sealed record FrontTrial(int Trial, Metrics Values, Configuration Config);

/// <summary>How much of the space of metrics a front dominates: more is better.</summary>
/// <param name="Value">The volume.</param>
/// <param name="Reference">Up to where it is measured, as metrics are reported.</param>
public sealed record HypervolumeOfFront(double Value, Metrics Reference);
