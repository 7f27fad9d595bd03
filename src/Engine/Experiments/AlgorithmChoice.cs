using System.Text.Json;

namespace HpoServerless.Engine.Experiments;

/// <summary>A registered algorithm and its options, as the user wrote them.</summary>
/// <param name="Name">Name in the registry.</param>
/// <param name="Options">JSON object of options; null means all defaults.</param>
public sealed record AlgorithmChoice(string Name, JsonElement? Options = null);
