using System.Buffers;
using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores;

/// <summary>The rule for names of artifacts, which keeps them inside their store and the same in all of them.</summary>
internal static class ArtifactName
{
    /// <summary>Longest name: what fits a blob.</summary>
    public const int MaxLength = 1024;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    /// <exception cref="InvalidInputException">The name is none.</exception>
    public static void Check(string name)
    {
        if (name.Length is 0 or > MaxLength || name.AsSpan().ContainsAnyExcept(Allowed) || !name.Split('/').All(IsSegment))
        {
            throw Refuse("name", name);
        }
    }

    /// <exception cref="InvalidInputException">No name begins like this.</exception>
    public static void CheckPrefix(string prefix)
    {
        string[] segments = prefix.Split('/');
        if (prefix.Length > MaxLength || prefix.AsSpan().ContainsAnyExcept(Allowed) || !segments[..^1].All(IsSegment) || segments[^1] == "..")
        {
            throw Refuse("prefix", prefix);
        }
    }

    private static bool IsSegment(string segment) => segment is not ("" or "." or "..");

    private static InvalidInputException Refuse(string path, string value) => new(new Fault(
        path,
        JsonSerializer.Serialize(value),
        $"must be a relative path with '/', of A-Z a-z 0-9 . _ -, without empty parts, '.' and '..', of at most {MaxLength} characters"));
}
