using System.Collections.Immutable;
using HpoServerless.Engine.Experiments;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>What came of points that were evaluated together.</summary>
/// <param name="Definition">The experiment that they were.</param>
/// <param name="View">How it ended.</param>
/// <param name="Points">One for each point, in their order.</param>
/// <param name="Trials">Its trials.</param>
internal sealed record EvaluationResult(ExperimentDefinition Definition, ExperimentView View, ImmutableArray<EvaluatedPoint> Points, ImmutableArray<TrialView> Trials);
