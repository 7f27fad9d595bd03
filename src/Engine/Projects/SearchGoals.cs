using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>What a search aims at beyond one metric: <c>metrics</c>, <c>reference_point</c> and <c>constraints</c> of <c>hpo_config</c>.</summary>
public sealed record SearchGoals
{
    /// <summary>All metrics that are optimised, the first being the primary one; empty where there is only that one.</summary>
    public ImmutableArray<Objective> Objectives { get; init; } = [];

    /// <summary>Up to where hypervolume is measured, a value for each objective as it is reported; empty for the rule.</summary>
    public ImmutableArray<double> ReferencePoint { get; init; } = [];

    /// <summary>Names of reported numbers that must be at most 0; all different.</summary>
    public ImmutableArray<string> Constraints { get; init; } = [];

    /// <summary>Reads the metric, or the metrics.</summary>
    /// <param name="reader">The <c>hpo_config</c>.</param>
    /// <param name="primary">Metric and mode where the document names none.</param>
    /// <returns>The primary metric and what there is beyond it.</returns>
    internal static (Objective Primary, SearchGoals Goals) Read(DocumentReader reader, Objective primary)
    {
        string? metric = reader.Text("metric");
        string? mode = reader.Choice("mode", "min", "max");
        ImmutableArray<Objective> objectives = ReadMetrics(reader);
        ImmutableArray<string> constraints = ReadConstraints(reader);
        if (objectives.IsEmpty)
        {
            if (!reader.Has("metrics"))
            {
                RefuseReferencePoint(reader);
            }

            return (new(metric ?? primary.Name, mode is null ? primary.Mode : ModeOf(mode)), new() { Constraints = constraints });
        }

        Objective first = objectives[0];
        if (metric is not null && metric != first.Name)
        {
            reader.Fault("metric", $"must be left out beside metrics, or repeat the first of them, {first.Name}");
        }

        if (mode is not null && ModeOf(mode) != first.Mode)
        {
            reader.Fault("mode", $"must be left out beside metrics, or repeat that of the first of them, {NameOf(first.Mode)}");
        }

        if (objectives.Length == 1)
        {
            RefuseReferencePoint(reader);
            return (first, new() { Constraints = constraints });
        }

        return (first, new() { Objectives = objectives, ReferencePoint = ReadReferencePoint(reader, objectives.Length), Constraints = constraints });
    }

    internal void Write(Utf8JsonWriter writer)
    {
        if (!Objectives.IsEmpty)
        {
            writer.WriteStartArray("metrics");
            foreach (Objective objective in Objectives)
            {
                writer.WriteStartObject();
                writer.WriteString("name", objective.Name);
                writer.WriteString("mode", NameOf(objective.Mode));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (!ReferencePoint.IsEmpty)
        {
            writer.WriteStartArray("reference_point");
            foreach (double value in ReferencePoint)
            {
                writer.WriteNumberValue(value);
            }

            writer.WriteEndArray();
        }

        if (!Constraints.IsEmpty)
        {
            writer.WriteTexts("constraints", Constraints);
        }
    }

    internal static string NameOf(OptimizationMode mode) => mode == OptimizationMode.Min ? "min" : "max";

    private static OptimizationMode ModeOf(string mode) => mode == "min" ? OptimizationMode.Min : OptimizationMode.Max;

    private static ImmutableArray<Objective> ReadMetrics(DocumentReader reader)
    {
        if (reader.Find("metrics") is not { } json)
        {
            return [];
        }

        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > Objective.Most)
        {
            reader.Fault("metrics", $"must be a list of 1 to {Objective.Most} metrics, such as [{{\"name\": \"loss\", \"mode\": \"min\"}}]");
            return [];
        }

        Objective?[] read = [.. json.EnumerateArray().Select((item, index) => item.ValueKind == JsonValueKind.Object ? FromObject(reader, index) : FromText(reader, index, item))];
        Objective[] objectives = [.. read.OfType<Objective>()];
        if (objectives.GroupBy(objective => objective.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            reader.Fault("metrics", $"must name every metric once, but has {twice.Key} again");
            return [];
        }

        return objectives.Length == read.Length ? [.. objectives] : [];
    }

    private static Objective? FromObject(DocumentReader reader, int index)
    {
        DocumentReader item = reader.Item("metrics", index);
        string? name = item.Text("name");
        string? mode = item.Choice("mode", "min", "max");
        if (!item.Has("name"))
        {
            item.Fault("name", "is missing");
        }

        if (!item.Has("mode"))
        {
            item.Fault("mode", "is missing");
        }

        item.Done();
        return name is null || mode is null ? null : new(name, ModeOf(mode));
    }

    /// <summary>The short form, <c>loss:min</c>.</summary>
    private static Objective? FromText(DocumentReader reader, int index, JsonElement item)
    {
        string text = item.ValueKind == JsonValueKind.String && JsonText.TryGetString(item, out string? read) ? read : string.Empty;
        int colon = text.LastIndexOf(':');
        if (colon > 0 && text[(colon + 1)..] is "min" or "max")
        {
            return new(text[..colon], ModeOf(text[(colon + 1)..]));
        }

        reader.Fault($"metrics[{index}]", $"must be an object with name and mode, or a text such as \"loss:min\", was {item.GetRawText()}");
        return null;
    }

    private static ImmutableArray<double> ReadReferencePoint(DocumentReader reader, int objectives)
    {
        if (reader.Find("reference_point") is not { } json)
        {
            return [];
        }

        double value = 0;
        double[] values = json.ValueKind != JsonValueKind.Array ? []
            : [.. json.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out value) && double.IsFinite(value)).Select(item => item.GetDouble())];
        if (json.ValueKind == JsonValueKind.Array && values.Length == objectives && json.GetArrayLength() == objectives)
        {
            return [.. values];
        }

        reader.Fault("reference_point", $"must be a list of {objectives} finite numbers, one for each of the metrics");
        return [];
    }

    private static void RefuseReferencePoint(DocumentReader reader)
    {
        if (reader.Has("reference_point"))
        {
            reader.Fault("reference_point", "is for several metrics only: list them in metrics");
        }
    }

    private static ImmutableArray<string> ReadConstraints(DocumentReader reader)
    {
        ImmutableArray<string> names = reader.Texts("constraints") ?? [];
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            reader.Fault("constraints", $"must name every constraint once, but has {twice.Key} again");
        }

        return names;
    }
}
