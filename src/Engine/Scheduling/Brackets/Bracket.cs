using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>A bracket that is played: one level at a time.</summary>
internal sealed record Bracket
{
    /// <summary>Number of the bracket, from 0.</summary>
    [JsonPropertyName("k")]
    public int Iteration { get; init; }

    /// <summary>Which of its levels is played, from 0.</summary>
    [JsonPropertyName("l")]
    public int Level { get; init; }

    /// <summary>Trials of the level: those that advanced to it, best first, then those that were started at it, by number.</summary>
    [JsonPropertyName("m"), JsonConverter(typeof(TrialNumbers))]
    public ImmutableArray<int> Members { get; init; } = [];

    /// <summary>How many trials are still to be started at this level.</summary>
    [JsonPropertyName("p")]
    public int Places { get; init; }

    /// <summary>How the trials of the level before were compared; null at the first level.</summary>
    [JsonPropertyName("c")]
    public LevelCut? Cut { get; init; }

    /// <summary>Trials that did not advance, best first, while some of them still have to be stopped.</summary>
    [JsonPropertyName("o"), JsonConverter(typeof(TrialNumbers))]
    public ImmutableArray<int> Losers { get; init; } = [];
}

/// <summary>How the trials of a level were compared.</summary>
/// <param name="Advanced">How many advanced.</param>
/// <param name="Compared">How many had a result.</param>
/// <param name="Failed">How many had none, because they failed or were stopped by others.</param>
/// <param name="Filled">How many places of the next level go to new trials.</param>
/// <param name="CutOff">Minimised value of the last one that advanced; null where nothing finite was compared by it.</param>
internal sealed record LevelCut(
    [property: JsonPropertyName("a")] int Advanced,
    [property: JsonPropertyName("n")] int Compared,
    [property: JsonPropertyName("f")] int Failed,
    [property: JsonPropertyName("r")] int Filled,
    [property: JsonPropertyName("v")] double? CutOff);
