using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace HpoServerless.Offline.Tests.Api;

/// <summary>Reads <c>PublicApi.txt</c>.</summary>
public static partial class ApiListing
{
    public static ImmutableArray<ApiType> Load() =>
        Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi.txt")));

    /// <summary>Blocks end at an empty line; a line that starts with # is a remark.</summary>
    public static ImmutableArray<ApiType> Parse(string text)
    {
        string remarkless = string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Where(l => !l.StartsWith('#')));
        return [.. remarkless.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(b => b.Trim().Length > 0).Select(ParseBlock)];
    }

    private static ApiType ParseBlock(string block)
    {
        string[] lines = block.Trim('\n').Split('\n');
        Match heading = Heading().Match(lines[0]);
        if (!heading.Success)
        {
            throw new FormatException($"'{lines[0]}' should be [assembly] full type name.");
        }

        string[] attributes = [.. lines.Skip(1).TakeWhile(l => l.StartsWith('['))];
        return new ApiType(
            heading.Groups["assembly"].Value,
            heading.Groups["type"].Value,
            [.. attributes],
            lines[attributes.Length + 1],
            [.. lines.Skip(attributes.Length + 2).Select(l => l.Trim())]);
    }

    [GeneratedRegex(@"^\[(?<assembly>[\w.]+)\] (?<type>\S.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();
}
