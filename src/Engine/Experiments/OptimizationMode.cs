using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Experiments;

/// <summary>Which direction of the metric is better. JSON: <c>min</c> and <c>max</c>, as in configurations.</summary>
public enum OptimizationMode
{
    /// <summary>Smaller is better.</summary>
    [JsonStringEnumMemberName("min")]
    Min,

    /// <summary>Larger is better.</summary>
    [JsonStringEnumMemberName("max")]
    Max,
}
