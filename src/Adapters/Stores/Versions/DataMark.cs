using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Versions;

/// <summary>The row that says which version the data have, and who changes it.</summary>
/// <param name="Version">Version of the data.</param>
/// <param name="Program">Version of the program that wrote this.</param>
internal sealed record DataMark(int Version, string Program)
{
    public const string Partition = "store";

    public const string Key = "version";

    /// <summary>What data mean that have no mark.</summary>
    public static DataMark Missing { get; } = new(1, "0.1");

    /// <summary>Version that is being made; null: none.</summary>
    public int? To { get; init; }

    /// <summary>Which process makes it.</summary>
    public string? Owner { get; init; }

    /// <summary>Until when no other process takes over.</summary>
    public DateTimeOffset? Until { get; init; }

    public string Write() => JsonSerializer.Serialize(this, EngineJson.Options);

    /// <exception cref="CorruptDataException">It is no mark.</exception>
    public static DataMark Read(string content, string where)
    {
        try
        {
            return JsonSerializer.Deserialize<DataMark>(content, EngineJson.Options) is { Version: >= 1 } mark ? mark : throw new JsonException("the version is missing");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"{where}, row {Partition}/{Key}", e.Message, e);
        }
    }
}
