using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>What a search knows, or is to try, before it begins: <c>points_to_evaluate</c> and <c>warm_start</c> of <c>hpo_config</c>.</summary>
public sealed record HeadStart
{
    internal const string PointsKey = "points_to_evaluate";
    private const string WarmStartKey = "warm_start";

    /// <summary>Configurations, whole or in part, that are evaluated first, in this order; all different.</summary>
    public ImmutableArray<Configuration> Points { get; init; } = [];

    /// <summary>Ids of earlier experiments from whose results the search learns; all different.</summary>
    public ImmutableArray<string> Experiments { get; init; } = [];

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
        return new() { Points = read, Experiments = ReadExperiments(reader) };
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
