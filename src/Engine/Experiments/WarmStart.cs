using System.Collections.Immutable;
using HpoServerless.Engine.Collections;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Experiments;

/// <summary>Results of earlier experiments that a search begins with. Read once, at the start: what happens to those experiments later changes nothing.</summary>
/// <param name="Experiments">Ids of the experiments.</param>
public sealed record WarmStart(ImmutableArray<string> Experiments)
{
    /// <summary>Most results that are taken.</summary>
    public const int Limit = 1000;

    /// <summary>Whose algorithm and search space go on.</summary>
    public WarmStartStrategy Strategy { get; init; }

    /// <summary>The algorithm that the project names itself and that is not looked at, because an earlier one goes on; null where none does, or it is not known.</summary>
    public string? Instead { get; init; }

    /// <summary>The results, oldest first; null while they were not read.</summary>
    public ImmutableArray<WarmTrial>? Trials { get; init; }

    /// <summary>Ended trials that were left out because their configuration lies outside the search space.</summary>
    public int Outside { get; init; }

    /// <summary>Ended trials that were left out because they did not report all metrics and constraints.</summary>
    public int WithoutValue { get; init; }

    /// <summary>Ended trials that were left out because there were more than <see cref="Limit"/>.</summary>
    public int BeyondLimit { get; init; }

    /// <summary>What an experiment begins with, numbered ..., -1, 0.</summary>
    internal static AppendOnlyList<Observation> ObservationsOf(ExperimentDefinition definition)
    {
        ImmutableArray<WarmTrial> trials = definition.WarmStart?.Trials ?? [];
        return [.. trials.Select((trial, i) => trial.ToObservation(i + 1 - trials.Length, definition))];
    }
}

/// <summary>An ended trial of an earlier experiment.</summary>
/// <param name="Config">What was evaluated.</param>
/// <param name="Values">Its metrics as reported, one for each objective; empty where it failed.</param>
/// <param name="Constraints">Its constraints; empty where it failed.</param>
public sealed record WarmTrial(Configuration Config, ImmutableArray<double> Values, ImmutableArray<double> Constraints)
{
    /// <summary>Whether it was stopped early.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Its last step.</summary>
    public long Step { get; init; }

    /// <summary>How long it ran, in seconds; null where that is not known.</summary>
    public double? Seconds { get; init; }

    internal Observation ToObservation(int number, ExperimentDefinition definition)
    {
        ImmutableArray<double> objectives = [.. definition.AllObjectives.Zip(Values, (objective, value) => objective.Minimised(value))];
        return new(number, Config, objectives.IsEmpty ? null : objectives[0])
        {
            Objectives = objectives.IsEmpty || definition.Objectives.IsEmpty ? default : objectives,
            Constraints = objectives.IsEmpty || definition.Constraints.IsEmpty ? default : Constraints,
            IsPartial = IsPartial,
            Step = Step,
            Seconds = Seconds,
        };
    }
}
