namespace HpoServerless.Engine.Search.GaussianProcess;

/// <summary>Hyperparameters of an earlier fit.</summary>
/// <param name="Count">Observations it was made of.</param>
/// <param name="Shape">Kernel that was chosen.</param>
/// <param name="Vector">As in <see cref="GpParameters"/>; shape [d + 2].</param>
internal sealed record FitState(int Count, KernelShape Shape, double[] Vector);
