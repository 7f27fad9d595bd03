using HpoServerless.Engine.Experiments;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>An experiment that is about to be started.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Definition">What defines it.</param>
/// <param name="Scripts">The archive that the definition names.</param>
internal sealed record ExperimentPlan(string Id, ExperimentDefinition Definition, ReadOnlyMemory<byte> Scripts);
