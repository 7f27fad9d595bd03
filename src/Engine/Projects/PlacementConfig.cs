using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Placement;

namespace HpoServerless.Engine.Projects;

/// <summary>Where an experiment's trials run: <c>sites</c>, <c>placement</c>, <c>max_cost</c> and <c>job_queue_sizes</c> of <c>hpo_config</c>.</summary>
public sealed record PlacementConfig
{
    private const int LargestQueue = 100_000;
    private const double HighestCost = 1e12;

    /// <summary>The sites; empty for the one of this installation.</summary>
    public ImmutableArray<ExperimentSite> Sites { get; init; } = [];

    /// <summary>Which of them gets the next segment.</summary>
    public PlacementPolicy Policy { get; init; }

    /// <summary>What the experiment may cost; null for any amount.</summary>
    public double? MaxCost { get; init; }

    /// <summary>Trials beside the number of workers; null for the default.</summary>
    public QueueSizes? QueueSizes { get; init; }

    internal static PlacementConfig Read(DocumentReader reader)
    {
        ImmutableArray<ExperimentSite> sites = ReadSites(reader);
        if (sites.GroupBy(site => site.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            reader.Fault("sites", $"must name every site once, but has \"{twice.Key}\" again");
        }

        if (reader.Has("max_cost") && !sites.Any(site => site.CostPerHour > 0))
        {
            reader.Fault("max_cost", "needs sites with a cost_per_hour above 0: otherwise nothing costs anything");
        }

        return new()
        {
            Sites = sites,
            Policy = reader.Choice("placement", "free", "cheapest", "fastest") switch
            {
                "cheapest" => PlacementPolicy.Cheapest,
                "fastest" => PlacementPolicy.Fastest,
                _ => PlacementPolicy.Free,
            },
            MaxCost = reader.Number("max_cost", static cost => cost is > 0 and <= HighestCost, "must be above 0 and at most 1e12"),
            QueueSizes = ReadQueueSizes(reader),
        };
    }

    internal void Write(Utf8JsonWriter writer)
    {
        if (!Sites.IsEmpty)
        {
            writer.WriteStartArray("sites");
            foreach (ExperimentSite site in Sites)
            {
                writer.WriteStartObject();
                writer.WriteString("name", site.Name);
                writer.WriteGiven("slots", site.Slots);
                writer.WriteNumber("cost_per_hour", site.CostPerHour);
                writer.WriteTexts("labels", site.Labels);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (Policy != PlacementPolicy.Free)
        {
            writer.WriteString("placement", Policy == PlacementPolicy.Cheapest ? "cheapest" : "fastest");
        }

        writer.WriteGiven("max_cost", MaxCost);
        if (QueueSizes is { } sizes)
        {
            writer.WriteStartArray("job_queue_sizes");
            writer.WriteNumberValue(sizes.Min);
            writer.WriteNumberValue(sizes.Max);
            writer.WriteEndArray();
        }
    }

    private static ImmutableArray<ExperimentSite> ReadSites(DocumentReader reader)
    {
        if (reader.Find("sites") is not { } json)
        {
            return [];
        }

        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() == 0)
        {
            reader.Fault("sites", "must be a list of sites, by name or as {\"name\", \"slots\", \"cost_per_hour\", \"labels\"}; leave it out for the site of this installation");
            return [];
        }

        return [.. Enumerable.Range(0, json.GetArrayLength()).Select(index => ReadSite(reader, json[index], index))];
    }

    private static ExperimentSite ReadSite(DocumentReader reader, JsonElement json, int index)
    {
        if (json.ValueKind == JsonValueKind.String && json.GetString() is { Length: > 0 } name)
        {
            return new(name);
        }

        DocumentReader site = reader.Item("sites", index);
        if (!site.Has("name"))
        {
            site.Fault("name", "is missing");
        }

        ExperimentSite read = new(site.Text("name") ?? string.Empty)
        {
            Slots = (int?)site.Integer("slots", 1, LargestQueue),
            CostPerHour = site.Number("cost_per_hour", static cost => cost is >= 0 and <= HighestCost, "must be a number from 0 to 1e12") ?? 0,
            Labels = site.Texts("labels") ?? [],
        };
        site.Done();
        return read;
    }

    private static QueueSizes? ReadQueueSizes(DocumentReader reader)
    {
        if (reader.Find("job_queue_sizes") is not { } json)
        {
            return null;
        }

        int[] sizes = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int number) ? number : int.MinValue)] : [];
        if (sizes is [var min, var max] && min < max && min >= -LargestQueue && max <= LargestQueue)
        {
            return new(min, max);
        }

        reader.Fault("job_queue_sizes", $"must be two whole numbers [min, max] with min < max, from {-LargestQueue} to {LargestQueue}");
        return null;
    }
}
