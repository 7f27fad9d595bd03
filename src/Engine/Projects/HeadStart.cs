using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>
/// What a search knows, or is to try, before it begins: <c>points_to_evaluate</c>, and <c>warm_start</c> or <c>previous_result</c> with
/// <c>warm_start_strategy</c>, of <c>hpo_config</c>.
/// </summary>
public sealed record HeadStart
{
    internal const string PointsKey = "points_to_evaluate";
    private const string WarmStartKey = "warm_start";
    private const string PreviousKey = "previous_result";
    private const string StrategyKey = "warm_start_strategy";

    /// <summary>Configurations, whole or in part, that are evaluated first, in this order; all different.</summary>
    public ImmutableArray<Configuration> Points { get; init; } = [];

    /// <summary>Ids of earlier experiments from whose results the search learns; all different.</summary>
    public ImmutableArray<string> Experiments { get; init; } = [];

    /// <summary>The one earlier experiment that is gone on from; null for none, and where <see cref="Experiments"/> are given.</summary>
    public string? Previous { get; init; }

    /// <summary>How <see cref="Previous"/> is gone on from.</summary>
    public WarmStartStrategy Strategy { get; init; } = WarmStartStrategy.Continue;

    /// <summary>What an experiment with this head start learns from; null for nothing.</summary>
    /// <param name="previous">An earlier experiment that takes the place of those given here; null for none.</param>
    /// <param name="strategy">How it is gone on from; null: as given here.</param>
    public WarmStart? ToWarmStart(string? previous, WarmStartStrategy? strategy) =>
        (previous ?? Previous) is { } one ? new([one]) { Strategy = strategy ?? Strategy }
        : Experiments.IsEmpty ? null
        : new(Experiments);

    /// <summary>Reads a strategy's name.</summary>
    /// <returns>Null where it is none.</returns>
    public static WarmStartStrategy? StrategyOf(string? name) => name switch
    {
        "continue" => WarmStartStrategy.Continue,
        "resume" => WarmStartStrategy.Resume,
        _ => null,
    };

    /// <summary>Reads a list of objects {hyperparameter: value}, whole or in part.</summary>
    /// <param name="json">The list.</param>
    /// <param name="space">The space they must lie in.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static ImmutableArray<Configuration> ParsePoints(JsonElement json, SearchSpace space, string path)
    {
        PointsReader reader = new(path, space);
        ImmutableArray<Configuration> points = reader.Read(json);
        return reader.Faults.Count == 0 ? points : throw new InvalidInputException([.. reader.Faults]);
    }

    /// <summary>Reads both members.</summary>
    /// <param name="reader">The <c>hpo_config</c>.</param>
    /// <param name="algorithmParam">Options of the algorithm, where points may stand instead; they are taken out.</param>
    /// <param name="space">The space; null where it is not known, which leaves its rules out.</param>
    internal static HeadStart Read(DocumentReader reader, ref JsonElement? algorithmParam, SearchSpace? space)
    {
        JsonElement? inOptions = TakePoints(ref algorithmParam);
        if (inOptions is not null && reader.Has(PointsKey))
        {
            reader.Fault(PointsKey, "is given in algorithm_param as well: give it once");
        }

        PointsReader points = new(inOptions is null ? $"{reader.Path}.{PointsKey}" : $"{reader.Path}.algorithm_param.{PointsKey}", space);
        ImmutableArray<Configuration> read = points.Read(inOptions ?? reader.Find(PointsKey));
        reader.Add(points.Faults);
        if (reader.Has(PreviousKey) && reader.Has(WarmStartKey))
        {
            reader.Fault(PreviousKey, $"cannot be given together with {WarmStartKey}: previous_result is one experiment, warm_start one or several");
        }
        else if (reader.Has(StrategyKey) && !reader.Has(PreviousKey))
        {
            reader.Fault(StrategyKey, $"needs {PreviousKey}, the experiment to go on from");
        }

        return new()
        {
            Points = read,
            Experiments = ReadExperiments(reader),
            Previous = reader.Text(PreviousKey),
            Strategy = StrategyOf(reader.Choice(StrategyKey, "continue", "resume")) ?? WarmStartStrategy.Continue,
        };
    }

    internal void Write(Utf8JsonWriter writer)
    {
        if (!Points.IsEmpty)
        {
            writer.WriteStartArray(PointsKey);
            foreach (Configuration point in Points)
            {
                point.Write(writer);
            }

            writer.WriteEndArray();
        }

        if (!Experiments.IsEmpty)
        {
            writer.WriteTexts(WarmStartKey, Experiments);
        }

        if (Previous is { } previous)
        {
            writer.WriteString(PreviousKey, previous);
            writer.WriteString(StrategyKey, Strategy == WarmStartStrategy.Continue ? "continue" : "resume");
        }
    }

    private static JsonElement? TakePoints(ref JsonElement? algorithmParam)
    {
        if (algorithmParam is not { ValueKind: JsonValueKind.Object } options || !options.TryGetProperty(PointsKey, out JsonElement points))
        {
            return null;
        }

        algorithmParam = DocumentWriter.ToElement(writer =>
        {
            writer.WriteStartObject();
            foreach (JsonProperty option in options.EnumerateObject().Where(option => option.Name != PointsKey))
            {
                option.WriteTo(writer);
            }

            writer.WriteEndObject();
        });
        return points.ValueKind == JsonValueKind.Null ? null : points;
    }

    private static ImmutableArray<string> ReadExperiments(DocumentReader reader)
    {
        ImmutableArray<string> ids = reader.Find(WarmStartKey) is { ValueKind: JsonValueKind.Array }
            ? reader.Texts(WarmStartKey) ?? []
            : reader.Text(WarmStartKey) is { } id ? [id] : [];
        if (ids.GroupBy(id => id, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            reader.Fault(WarmStartKey, $"must name every experiment once, but has \"{twice.Key}\" again");
        }

        return ids;
    }
}
