namespace HpoServerless.Bench;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Target">What it should be, for people; null where there is no target.</param>
internal sealed record BenchResult(string Name, double Value, string Unit, string? Target = null);
