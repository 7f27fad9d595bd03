using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Functions.Http;

/// <summary>What earlier experiments contributed to one.</summary>
/// <param name="Experiments">Their ids.</param>
/// <param name="Trials">How many of their trials the search knows.</param>
/// <param name="Outside">How many were left out because they lie outside the search space.</param>
/// <param name="WithoutValue">How many were left out because they did not report all metrics and constraints.</param>
/// <param name="BeyondLimit">How many were left out because there were too many.</param>
public sealed record WarmStartView(ImmutableArray<string> Experiments, int Trials, int Outside, int WithoutValue, int BeyondLimit)
{
    /// <summary>What goes on of an earlier experiment, a clause for people; null where only its results are used.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Continues { get; init; }

    /// <summary>The view of a warm start.</summary>
    /// <param name="warmStart">The warm start.</param>
    /// <param name="definition">The experiment that has it.</param>
    public static WarmStartView Of(WarmStart warmStart, ExperimentDefinition definition) =>
        new(warmStart.Experiments, warmStart.Trials?.Length ?? 0, warmStart.Outside, warmStart.WithoutValue, warmStart.BeyondLimit)
        {
            Continues = warmStart.Instead is { } instead
                ? $"goes on with the {definition.Algorithm.Name} search of experiment {warmStart.Experiments[0]} in its search space; this project's {instead} search and search space are not looked at"
                : null,
        };

    /// <summary>For people: <c>24 trials of a, b; left out: 2 outside the search space</c>.</summary>
    public override string ToString()
    {
        string[] left =
        [
            .. Outside > 0 ? [$"{Outside} outside the search space"] : Array.Empty<string>(),
            .. WithoutValue > 0 ? [$"{WithoutValue} without all metrics and constraints"] : Array.Empty<string>(),
            .. BeyondLimit > 0 ? [$"{BeyondLimit} beyond the limit of {WarmStart.Limit} (kept are the best and the newest)"] : Array.Empty<string>(),
        ];
        return $"{Trials} trials of {string.Join(", ", Experiments)}{(left.Length > 0 ? $"; left out: {string.Join(", ", left)}" : string.Empty)}";
    }
}
