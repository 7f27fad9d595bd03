namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Hyperparameters of an earlier fit.</summary>
/// <param name="Known">Observations there were when its kernel was chosen.</param>
/// <param name="Shape">Kernel that was chosen.</param>
/// <param name="Vector">As in <see cref="GpParameters"/>; shape [d + 2].</param>
internal sealed record FitState(int Known, KernelShape Shape, double[] Vector);
