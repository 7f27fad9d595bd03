using System.Text.RegularExpressions;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>Names of tasks: what the project says, and what makes them the segment's.</summary>
internal static partial class PandaNames
{
    /// <summary>Datasets of users have no longer names.</summary>
    private const int Longest = 120;

    private const int Digits = 8;

    public static bool IsPlain(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <summary>What stands for an experiment in the names of its tasks.</summary>
    public static string Experiment(string id) => $".{Fingerprint.Of(id, Digits)}.";

    /// <summary>Name of a task, with the slash that PanDA wants.</summary>
    /// <param name="template">What it begins with, with places for the project and the account.</param>
    /// <param name="project">Name of the project.</param>
    /// <param name="account">Whose it is.</param>
    /// <param name="job">What runs.</param>
    /// <exception cref="InvalidInputException">The name is not one that the grid takes.</exception>
    public static string Task(string template, string project, string account, PandaJob job)
    {
        string begin = ShellPart().Replace(template, string.Empty)
            .Replace("{HPO_PROJECT_NAME}", project, StringComparison.Ordinal)
            .Replace("{ACCOUNT}", account, StringComparison.Ordinal)
            .Replace("${RUCIO_ACCOUNT}", account, StringComparison.Ordinal)
            .Replace("$RUCIO_ACCOUNT", account, StringComparison.Ordinal)
            .TrimEnd('/', '.');
        string name = FormattableString.Invariant($"{begin}{Experiment(job.Segment.Experiment)}{job.Segment.Trial}.{job.Segment.Segment}.{job.Key}");
        return IsPlain(name) && name.Length <= Longest
            ? $"{name}/"
            : throw new InvalidInputException(new Fault("grid_config.outDS", template, FormattableString.Invariant(
                $"must make names of the characters A-Z a-z 0-9 _ . - with at most {Longest}; known places: {{HPO_PROJECT_NAME}}, {{ACCOUNT}}; made {name}")));
    }

    /// <summary>There is no shell: what one would put a time into is left out, because each task's name is its own.</summary>
    [GeneratedRegex(@"\.?(\$\([^)]*\)|`[^`]*`)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShellPart();
}
