using System.Text.Json;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Engine.Steering;

/// <summary>What is wanted of a generation of points.</summary>
/// <param name="Algorithm">A name or an alias of the registry of searchers.</param>
/// <param name="Points">How many points are wanted; at least 0.</param>
public sealed record SteeringRequest(string Algorithm, int Points)
{
    /// <summary>How many points there may be in all, those so far included; null for any number.</summary>
    public int? MaxPoints { get; init; }

    /// <summary>Options of the algorithm, a JSON object; null for none.</summary>
    public JsonElement? Options { get; init; }

    /// <summary>Which direction of the values in the file is better.</summary>
    public OptimizationMode Mode { get; init; } = OptimizationMode.Min;

    /// <summary>Source of all randomness: the same file and request give the same points.</summary>
    public ulong Seed { get; init; }
}
