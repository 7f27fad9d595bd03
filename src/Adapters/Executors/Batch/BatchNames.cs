using System.Globalization;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>How jobs and tasks are called: by experiment, segment and attempt, so that doing a thing twice is doing it once.</summary>
internal static class BatchNames
{
    private const int LongestName = 40;
    private const int HashDigits = 10;

    /// <summary>What the ids of all jobs of an experiment at a site begin with.</summary>
    /// <remarks>The hash tells apart experiments with a long common beginning, and sites that share an account. No id of an experiment holds an underscore.</remarks>
    public static string JobPrefix(string experiment, string site)
    {
        string name = string.Concat(experiment.Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));
        return $"hpo_{name}_{Fingerprint.Of($"{site}\n{experiment}", HashDigits)}_";
    }

    public static string Task(SegmentId segment, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"t{segment.Trial}-s{segment.Segment}-a{attempt}");
}
