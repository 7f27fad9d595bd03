using System.Collections.Immutable;

namespace HpoServerless.Engine.Experiments;

/// <summary>Where an experiment with several objectives stands; small, because every turn writes it.</summary>
/// <param name="Trials">Numbers of the trials that are completed, meet all constraints and are not dominated, ascending.</param>
/// <param name="Ranges">Range of each objective over all completed trials.</param>
public sealed record FrontSummary(ImmutableArray<int> Trials, ImmutableArray<ValueRange> Ranges);

/// <summary>Smallest and largest value of an objective, as reported.</summary>
/// <param name="Lowest">Smallest.</param>
/// <param name="Highest">Largest.</param>
public sealed record ValueRange(double Lowest, double Highest);
