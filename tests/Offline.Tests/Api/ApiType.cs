using System.Collections.Immutable;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>One public type as text: what <see cref="ApiListing"/> reads and <see cref="ApiPrinter"/> prints.</summary>
public sealed record ApiType(
    string Assembly,
    string FullName,
    ImmutableArray<string> Attributes,
    string Declaration,
    ImmutableArray<string> Members)
{
    public string Id => $"[{Assembly}] {FullName}";

    /// <summary>The declaration without what it derives from.</summary>
    public string Head => Separator is { } at ? Declaration[..at] + Constraints : Declaration;

    /// <summary>Base class and interfaces, as written.</summary>
    public ImmutableArray<string> Bases => Separator is { } at
        ? ApiText.SplitTopLevel(Declaration[(at + 3)..^Constraints.Length])
        : [];

    /// <summary>Members that a derived type has to implement.</summary>
    public IEnumerable<string> AbstractMembers => Declaration.StartsWith("public interface ", StringComparison.Ordinal)
        ? Members
        : Members.Where(m => m.Contains(" abstract ", StringComparison.Ordinal));

    private string Constraints =>
        Declaration.IndexOf(" where ", StringComparison.Ordinal) is var at and >= 0 ? Declaration[at..] : "";

    private int? Separator
    {
        get
        {
            int end = Declaration.Length - Constraints.Length;
            int at = Declaration.IndexOf(" : ", StringComparison.Ordinal);
            return at >= 0 && at < end ? at : null;
        }
    }
}
