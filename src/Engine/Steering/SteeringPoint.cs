using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>A point that was generated before.</summary>
/// <param name="Configuration">The point; a configuration of its space.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Value">The metric as it stands in the file, finite; null unless it was evaluated.</param>
internal sealed record SteeringPoint(Configuration Configuration, SteeringResult Result, double? Value = null);

/// <summary>What came of a point.</summary>
internal enum SteeringResult
{
    /// <summary>Nothing yet.</summary>
    Pending,

    /// <summary>A value; 0 is one.</summary>
    Evaluated,

    /// <summary>Nothing that could be compared: not a number, or infinite.</summary>
    Failed,
}
