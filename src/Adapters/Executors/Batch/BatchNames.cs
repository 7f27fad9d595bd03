using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Batch;

/// <summary>How jobs and tasks are called: by experiment, segment and attempt, so that doing a thing twice is doing it once.</summary>
internal static class BatchNames
{
    private const int LongestName = 40;
    private const int HashBytes = 5;

    /// <summary>What the ids of all jobs of an experiment at a site begin with.</summary>
    /// <remarks>The hash tells apart experiments with a long common beginning, and sites that share an account. No id of an experiment holds an underscore.</remarks>
    public static string JobPrefix(string experiment, string site)
    {
        string name = string.Concat(experiment.Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '-'));
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{site}\n{experiment}"));
        return $"hpo_{name}_{Convert.ToHexStringLower(hash.AsSpan(0, HashBytes))}_";
    }

    public static string Task(SegmentId segment, int attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"t{segment.Trial}-s{segment.Segment}-a{attempt}");
}
