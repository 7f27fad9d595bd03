using System.Text.Json.Serialization;

namespace HpoServerless.Functions.Access;

/// <summary>How much a user may have; null for no limit.</summary>
/// <param name="Experiments">Experiments that have not ended.</param>
/// <param name="Trials">Trials at once: sum of what these experiments may run at the same time.</param>
/// <param name="Cost">What its experiments may cost within a number of days.</param>
public sealed record Quota(int? Experiments = null, int? Trials = null, int? Cost = null)
{
    /// <summary>Whether there is any limit.</summary>
    [JsonIgnore]
    public bool IsLimited => Experiments is not null || Trials is not null || Cost is not null;

    /// <summary>This, where it says something, and the rest of another.</summary>
    public Quota Or(Quota other) => new(Experiments ?? other.Experiments, Trials ?? other.Trials, Cost ?? other.Cost);
}
