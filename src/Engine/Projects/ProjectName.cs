using System.Text.Json;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Projects;

/// <summary>What a project or a named configuration may be called: its name becomes part of file names, addresses and table keys.</summary>
public static class ProjectName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 100;

    /// <summary>The rule in words, as the end of a sentence that begins with the name.</summary>
    public static string Rule { get; } = $"must be 1 to {MaxLength} of the characters A-Z a-z 0-9 . _ -, and begin with a letter, a digit or _";

    /// <summary>Whether a name keeps the rule.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name[0] is not ('.' or '-') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Demands the rule.</summary>
    /// <param name="name">The name.</param>
    /// <param name="path">Where it was given, for the fault.</param>
    /// <exception cref="InvalidInputException">It breaks the rule.</exception>
    public static void Require(string name, string path)
    {
        if (!IsValid(name))
        {
            throw new InvalidInputException(new Fault(path, JsonSerializer.Serialize(name), Rule));
        }
    }
}
