namespace HpoServerless.Engine.Scheduling.Rungs;

/// <summary>A trial at its highest rung.</summary>
/// <param name="Rung">Step.</param>
/// <param name="Value">Its minimised value there; infinite where it had none that was finite.</param>
/// <param name="Rank">Its place, from 1.</param>
/// <param name="Count">Of how many.</param>
internal readonly record struct RungPlace(long Rung, double Value, int Rank, int Count);
