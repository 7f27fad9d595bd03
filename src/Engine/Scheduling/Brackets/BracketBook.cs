using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HpoServerless.Engine.Scheduling.Brackets;

/// <summary>What <see cref="BracketScheduler"/> remembers: the brackets that are open.</summary>
internal sealed class BracketBook
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    private readonly Lazy<Dictionary<int, int>> _bracketOf;

    public BracketBook() => _bracketOf = new(IndexByTrial);

    /// <summary>How many brackets were opened so far.</summary>
    [JsonPropertyName("opened")]
    public int Opened { get; init; }

    /// <summary>Number that the next trial gets if all that were to be started were created.</summary>
    [JsonPropertyName("next")]
    public int Next { get; init; } = 1;

    /// <summary>Brackets that are not over, oldest first.</summary>
    [JsonPropertyName("open")]
    public ImmutableArray<Bracket> Open { get; init; } = [];

    /// <summary>Position in <see cref="Open"/> of the bracket that a trial is played in; null where it is in none.</summary>
    public int? PositionOf(int trial) => _bracketOf.Value.TryGetValue(trial, out int position) ? position : null;

    /// <summary>Reads what <see cref="ToJson"/> wrote; null for nothing.</summary>
    public static BracketBook Parse(string? json) => json is null ? new() : JsonSerializer.Deserialize<BracketBook>(json, Json)!;

    /// <summary>As text: one to three characters for each trial that is played.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private Dictionary<int, int> IndexByTrial()
    {
        Dictionary<int, int> positions = [];
        for (int i = 0; i < Open.Length; i++)
        {
            foreach (int trial in Open[i].Members)
            {
                positions[trial] = i;
            }
        }

        return positions;
    }
}
