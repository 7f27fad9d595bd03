namespace HpoServerless.Offline.Tests.Api;

/// <summary>Says where stand-ins go beyond a listing, differ from it, or leave a derived type without something to implement.</summary>
public static class ApiComparer
{
    public static IReadOnlyList<string> Faults(IEnumerable<ApiType> standIns, IEnumerable<ApiType> listing)
    {
        Dictionary<string, ApiType> listed = listing.ToDictionary(t => t.Id, StringComparer.Ordinal);
        return [.. standIns.SelectMany(t => listed.TryGetValue(t.Id, out ApiType? l) ? Faults(t, l) : [$"{t.Id} is not listed"])];
    }

    private static IEnumerable<string> Faults(ApiType standIn, ApiType listed)
    {
        if (standIn.Head != listed.Head)
        {
            yield return $"{standIn.Id} is '{standIn.Head}', listed as '{listed.Head}'";
        }

        foreach (string extra in standIn.Bases.Except(listed.Bases, StringComparer.Ordinal))
        {
            yield return $"{standIn.Id} derives from {extra}, which is not listed";
        }

        // Interfaces may be left out, the base class may not.
        if (BaseClass(listed) is { } baseClass && !standIn.Bases.Contains(baseClass))
        {
            yield return $"{standIn.Id} does not derive from {baseClass}";
        }

        foreach (string extra in standIn.Attributes.Except(listed.Attributes, StringComparer.Ordinal))
        {
            yield return $"{standIn.Id} has {extra}, which is not listed";
        }

        foreach (string missing in listed.Attributes.Where(IsUsage).Except(standIn.Attributes, StringComparer.Ordinal))
        {
            yield return $"{standIn.Id} lacks {missing}";
        }

        foreach (string extra in standIn.Members.Except(listed.Members, StringComparer.Ordinal))
        {
            yield return $"{standIn.Id} has '{extra}', which is not listed";
        }

        foreach (string missing in listed.AbstractMembers.Except(standIn.Members, StringComparer.Ordinal))
        {
            yield return $"{standIn.Id} lacks the abstract '{missing}'";
        }
    }

    private static string? BaseClass(ApiType type) =>
        type.Bases is [var first, ..] && !(first is ['I', var second, ..] && char.IsUpper(second)) ? first : null;

    private static bool IsUsage(string attribute) => attribute.Contains("AttributeUsageAttribute", StringComparison.Ordinal);
}
