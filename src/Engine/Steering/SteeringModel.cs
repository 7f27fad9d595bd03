using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>One search of a steering file.</summary>
/// <param name="Id">Its segment, as it stands in the file; null where the file has no segments.</param>
/// <param name="Space">What is searched.</param>
/// <param name="Points">Its points so far, in the order of the file.</param>
internal sealed record SteeringModel(JsonElement? Id, SearchSpace Space, ImmutableArray<SteeringPoint> Points);
