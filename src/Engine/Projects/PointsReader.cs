using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Search;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Projects;

/// <summary>Reads a list of configurations that a user wrote down.</summary>
/// <param name="path">What the paths of faults begin with.</param>
/// <param name="space">The space they must lie in; null where it is not known, which leaves its rules out.</param>
internal sealed class PointsReader(string path, SearchSpace? space)
{
    private readonly List<Fault> _faults = [];

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>Reads one configuration that must be given as a whole.</summary>
    /// <param name="json">The object.</param>
    /// <param name="space">The space it must lie in.</param>
    /// <param name="place">Its path, for faults.</param>
    /// <param name="faults">Receives the faults: what is missing and what is not known, too.</param>
    /// <returns>The configuration as the space writes it; null where there is a fault.</returns>
    public static Configuration? ReadWhole(JsonElement json, SearchSpace space, string place, List<Fault> faults)
    {
        PointsReader reader = new(place, space: null);
        Configuration? point = reader.ReadPoint(json, place);
        faults.AddRange(reader.Faults);
        if (point is null)
        {
            return null;
        }

        ImmutableArray<Fault> outside = space.FaultsOf(point, place);
        faults.AddRange(outside);
        return outside.IsEmpty ? InitialPoints.Canonical(space, point) : null;
    }

    /// <summary>The points, as the space writes them; none where there is a fault.</summary>
    /// <param name="json">A list of objects; null for none.</param>
    public ImmutableArray<Configuration> Read(JsonElement? json)
    {
        if (json is not { } list)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            _faults.Add(new(path, list.GetRawText(), "must be a list of objects {hyperparameter: value}"));
            return [];
        }

        List<(int Index, Configuration Point)> points = [];
        foreach ((int index, JsonElement item) in list.EnumerateArray().Index())
        {
            string place = $"{path}[{index}]";
            if (ReadPoint(item, place) is not { } point)
            {
                continue;
            }

            int same = points.FindIndex(earlier => earlier.Point.Equals(point));
            if (same >= 0)
            {
                _faults.Add(new(place, item.GetRawText(), $"must differ from the others, but is the same as {path}[{points[same].Index}]"));
            }

            points.Add((index, point));
        }

        return _faults.Count == 0 ? [.. points.Select(read => read.Point)] : [];
    }

    private Configuration? ReadPoint(JsonElement json, string place)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            _faults.Add(new(place, json.GetRawText(), "must be an object {hyperparameter: value}"));
            return null;
        }

        int before = _faults.Count;
        Dictionary<string, ParameterValue> values = new(StringComparer.Ordinal);
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = $"{place}.{member.Name}";
            if (!ParameterValue.TryParse(member.Value, out ParameterValue value))
            {
                _faults.Add(new(name, member.Value.GetRawText(), "must be a finite number of at most 64 bits where it is an integer, or well-formed text"));
            }
            else if (!values.TryAdd(member.Name, value))
            {
                _faults.Add(new(name, member.Value.GetRawText(), "is given twice"));
            }
        }

        Configuration point = new(values);
        if (_faults.Count == before && space is not null)
        {
            _faults.AddRange(InitialPoints.FaultsOf(space, point, place));
        }

        return _faults.Count > before ? null : space is null ? point : InitialPoints.Canonical(space, point);
    }
}
