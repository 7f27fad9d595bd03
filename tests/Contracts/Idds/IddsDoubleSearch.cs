using System.Globalization;
using System.Text.Json.Nodes;

namespace HpoServerless.Contracts.Idds;

/// <summary>A search of the double.</summary>
/// <param name="request">Number of its request.</param>
/// <param name="workload">Number of its workload; null where there is none.</param>
/// <param name="metadata">What it was begun with.</param>
public sealed class IddsDoubleSearch(long request, long? workload, JsonObject metadata)
{
    /// <summary>Number of its request.</summary>
    public long Request { get; } = request;

    /// <summary>Number of its workload; null where there is none.</summary>
    public long? Workload { get; } = workload;

    /// <summary>What it was begun with.</summary>
    public JsonObject Metadata { get; } = metadata;

    /// <summary>Transforming, Finished or Failed.</summary>
    public string Status { get; set; } = "Transforming";

    /// <summary>Its points, in the order in which they were made.</summary>
    public List<IddsDoublePoint> Points { get; } = [];

    internal int Asks { get; set; }

    internal int Failures { get; set; }

    /// <summary>Adds a point; names begin at 1.</summary>
    public void Add(JsonObject parameters, double? loss) => Points.Add(new((Points.Count + 1).ToString(CultureInfo.InvariantCulture), parameters) { Loss = loss });
}

/// <summary>A point of the double.</summary>
/// <param name="id">Its name.</param>
/// <param name="parameters">What is to be evaluated.</param>
public sealed class IddsDoublePoint(string id, JsonObject parameters)
{
    /// <summary>Its name.</summary>
    public string Id { get; } = id;

    /// <summary>What is to be evaluated.</summary>
    public JsonObject Parameters { get; } = parameters;

    /// <summary>What came of it; null before.</summary>
    public double? Loss { get; set; }

    /// <summary>As Python writes it: with NaN, which JSON has not.</summary>
    internal string ToPython() => $$"""{"id": "{{Id}}", "parameters": {{Parameters.ToJsonString()}}, "loss": {{Loss switch { null => "null", { } loss when double.IsNaN(loss) => "NaN", { } loss => loss.ToString("R", CultureInfo.InvariantCulture) }}}}""";
}
