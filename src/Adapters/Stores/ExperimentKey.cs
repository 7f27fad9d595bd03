using System.Globalization;

namespace HpoServerless.Adapters.Stores;

/// <summary>Where an experiment stands in the list: newest first, then by id.</summary>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Id">Its id.</param>
internal sealed record ExperimentKey(DateTimeOffset CreatedAt, string Id)
{
    /// <summary>The order of the list.</summary>
    public static IComparer<ExperimentKey> NewestFirst { get; } = Comparer<ExperimentKey>.Create(static (a, b) =>
    {
        int byAge = b.CreatedAt.CompareTo(a.CreatedAt);
        return byAge != 0 ? byAge : string.CompareOrdinal(a.Id, b.Id);
    });

    /// <summary>Reads what <see cref="ToString"/> wrote; null where it is something else.</summary>
    public static ExperimentKey? Parse(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            && ticks <= DateTimeOffset.MaxValue.Ticks
                ? new(new DateTimeOffset(ticks, TimeSpan.Zero), text[(dot + 1)..])
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.UtcTicks}.{Id}");
}
