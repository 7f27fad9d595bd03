using System.Text.Json;

namespace HpoServerless.Engine.Search.Auto;

/// <summary>What <see cref="AutoSearcher"/> remembers.</summary>
internal sealed class AutoState
{
    /// <summary>How often the search has begun anew.</summary>
    public int Restarts { get; set; }

    /// <summary>First trial since the last time; 0 before the first.</summary>
    public int Since { get; set; }

    /// <summary>Whether trials take less time than a model; decided once, when there are many results; null before.</summary>
    public bool? IsFast { get; set; }

    /// <summary>States of the searchers by their roles.</summary>
    public SortedDictionary<string, string> Searchers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for nothing.</summary>
    public static AutoState Parse(string? json) => json is null ? new() : JsonSerializer.Deserialize<AutoState>(json)!;

    /// <summary>As text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);
}
