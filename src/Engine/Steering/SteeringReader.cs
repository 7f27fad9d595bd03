using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>Reads a steering file and collects every fault.</summary>
/// <param name="path">What the paths of faults begin with.</param>
/// <param name="faults">Receives the faults.</param>
internal sealed class SteeringReader(string path, List<Fault> faults)
{
    private const string SpaceKey = "opt_space";
    private const string PointsKey = "points";
    private const string SegmentForm = """must be a list of {"model_id": ID, "search_space": {...}}, all ids different""";

    /// <summary>The searches of the file; meaningless where there is a fault.</summary>
    /// <param name="json">The file's document.</param>
    /// <param name="space">A search space that takes the place of the file's; null for the file's.</param>
    public ImmutableArray<SteeringModel> Read(JsonElement json, SearchSpace? space)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new(path, json.GetRawText(), """must be an object {"points": [...], "opt_space": {...}}"""));
            return [];
        }

        JsonElement spaces = json.TryGetProperty(SpaceKey, out JsonElement given) ? given : default;
        bool isSegmented = space is null && spaces.ValueKind == JsonValueKind.Array;
        List<SteeringModel> models = isSegmented ? ReadSegments(spaces) : ReadSpace(spaces, space) is { } only ? [new(null, only, [])] : [];
        return ReadPoints(json, models, isSegmented);
    }

    private SearchSpace? ReadSpace(JsonElement json, SearchSpace? space)
    {
        if (space is not null)
        {
            return space;
        }

        if (json.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            faults.Add(new($"{path}.{SpaceKey}", null, "is missing: the file must have the search space, or it must be given with --space"));
            return null;
        }

        return ParseSpace(json, $"{path}.{SpaceKey}");
    }

    private List<SteeringModel> ReadSegments(JsonElement spaces)
    {
        List<SteeringModel> models = [];
        foreach ((int index, JsonElement item) in spaces.EnumerateArray().Index())
        {
            string place = $"{path}.{SpaceKey}[{index}]";
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("model_id", out JsonElement id) || !item.TryGetProperty("search_space", out JsonElement json)
                || models.Any(model => JsonElement.DeepEquals(model.Id!.Value, id)))
            {
                faults.Add(new(place, item.GetRawText(), SegmentForm));
            }
            else if (ParseSpace(json, place + ".search_space") is { } space)
            {
                models.Add(new(id.Clone(), space, []));
            }
        }

        if (spaces.GetArrayLength() == 0)
        {
            faults.Add(new($"{path}.{SpaceKey}", "[]", "must have at least one segment"));
        }

        return models;
    }

    private SearchSpace? ParseSpace(JsonElement json, string place)
    {
        try
        {
            return SearchSpace.Parse(json, place);
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults);
            return null;
        }
    }

    private ImmutableArray<SteeringModel> ReadPoints(JsonElement json, List<SteeringModel> models, bool isSegmented)
    {
        if (!json.TryGetProperty(PointsKey, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            faults.Add(new($"{path}.{PointsKey}", list.ValueKind == JsonValueKind.Undefined ? null : list.GetRawText(), "must be a list of [point, loss], the loss null where it is not known yet"));
            return [];
        }

        List<SteeringPoint>[] points = [.. models.Select(_ => new List<SteeringPoint>())];
        foreach ((int index, JsonElement item) in list.EnumerateArray().Index())
        {
            string place = $"{path}.{PointsKey}[{index}]";
            if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2)
            {
                faults.Add(new(place, item.GetRawText(), "must be a pair [point, loss]"));
                continue;
            }

            int model = isSegmented ? FindModel(item[0], models, place) : 0;
            if (model < 0 || model >= models.Count)
            {
                continue; // told already
            }

            Configuration? point = PointsReader.ReadWhole(isSegmented ? item[0][1] : item[0], models[model].Space, $"{place}[0]", faults);
            (SteeringResult result, double? value) = ReadResult(item[1], $"{place}[1]");
            if (point is not null)
            {
                points[model].Add(new(point, result, value));
            }
        }

        return [.. models.Select((model, i) => model with { Points = [.. points[i]] })];
    }

    private int FindModel(JsonElement json, List<SteeringModel> models, string place)
    {
        int found = json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 2 ? models.FindIndex(model => JsonElement.DeepEquals(model.Id!.Value, json[0])) : -1;
        if (found < 0)
        {
            faults.Add(new($"{place}[0]", json.GetRawText(), $"must be a pair [model_id, point] with a model_id of {SpaceKey}: {string.Join(", ", models.Select(model => model.Id!.Value.GetRawText()))}"));
        }

        return found;
    }

    /// <remarks>Python writes NaN and Infinity, which JSON cannot say; whoever read the text made texts of them.</remarks>
    private (SteeringResult Result, double? Value) ReadResult(JsonElement json, string place)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return (SteeringResult.Pending, null);
            case JsonValueKind.Number when json.TryGetDouble(out double value):
                return double.IsFinite(value) ? (SteeringResult.Evaluated, value) : (SteeringResult.Failed, null);
            case JsonValueKind.String when json.GetString() is "NaN" or "Infinity" or "-Infinity":
                return (SteeringResult.Failed, null);
            default:
                faults.Add(new(place, json.GetRawText(), "must be a number, or null where the point is not evaluated yet"));
                return default;
        }
    }
}
