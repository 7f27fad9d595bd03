using HpoServerless.Engine.Steering;

namespace HpoServerless.Cli.Commands.Grid;

/// <summary>What <c>hpo generate</c> was asked for, read and checked.</summary>
/// <param name="Points">The points so far.</param>
/// <param name="Request">What is wanted.</param>
/// <param name="OutFile">Full path of where the next points go; null: to the standard output.</param>
internal sealed record GenerateInput(SteeringDocument Points, SteeringRequest Request, string? OutFile);
