using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>Points that another service wants evaluated: one object {hyperparameter: value}, or a list of them.</summary>
public static class PointList
{
    /// <summary>Reads the points.</summary>
    /// <param name="json">The object or the list.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    /// <param name="space">The space in which each must lie, with every hyperparameter and no other.</param>
    /// <returns>At least one.</returns>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it: what is missing, what is not known, what is out of range.</exception>
    public static ImmutableArray<Configuration> Parse(JsonElement json, string path, SearchSpace space)
    {
        List<Fault> faults = [];
        List<Configuration?> points = [];
        if (json.ValueKind == JsonValueKind.Array)
        {
            points.AddRange(json.EnumerateArray().Index().Select(item => PointsReader.ReadWhole(item.Item, space, $"{path}[{item.Index}]", faults)));
            if (points.Count == 0)
            {
                faults.Add(new(path, "[]", "must have at least one point"));
            }
        }
        else
        {
            points.Add(PointsReader.ReadWhole(json, space, path, faults));
        }

        return faults.Count == 0 ? [.. points.Select(point => point!)] : throw new InvalidInputException([.. faults]);
    }
}
