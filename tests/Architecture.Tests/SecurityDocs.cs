using System.Text.RegularExpressions;

namespace HpoServerless.Architecture.Tests;

/// <summary>What docs/security.md claims, it says by which test.</summary>
public sealed partial class SecurityDocs
{
    [Fact]
    public void Tests_thatAreNamed_exist()
    {
        HashSet<string> files = [.. Repository.Sources("tests").Select(file => Path.GetFileName(file).Split('.')[0])];
        string[] named =
        [
            .. Names().Matches(File.ReadAllText(Repository.PathOf("docs/security.md")))
                .SelectMany(match => match.Groups[1].Value.Split(", ")),
        ];

        Assert.InRange(named.Distinct().Count(), 10, 100);
        Assert.All(named, name => Assert.Contains(name, files));
    }

    [GeneratedRegex(@"\[((?:\w+(?:Tests|Contract)(?:, )?)+)\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
