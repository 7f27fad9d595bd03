using System.Globalization;
using System.Security.Cryptography;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Executors.Workers;

/// <summary>The text that names a lease: what nobody guesses, which segment it is of, and the site.</summary>
/// <remarks>So that whoever repeats what was told is understood when the board has long forgotten the segment.</remarks>
public static class LeaseName
{
    private const int SecretDigits = 16;
    private const int NumberDigits = 8;
    private const int Digits = SecretDigits + (3 * NumberDigits);

    /// <summary>A name for a new lease.</summary>
    public static string Create(SegmentId segment, string site) => string.Create(
        CultureInfo.InvariantCulture, $"{RandomNumberGenerator.GetHexString(SecretDigits, lowercase: true)}{Tag(segment.Experiment)}{segment.Trial:x8}{segment.Segment:x8}.{site}");

    /// <summary>The site that a lease is of; null where the text is no lease.</summary>
    public static string? SiteOf(string lease) => lease.IndexOf('.', StringComparison.Ordinal) == Digits && lease.Length > Digits + 1 ? lease[(Digits + 1)..] : null;

    /// <summary>The segment that a lease is of; null where the text is no lease of the experiment.</summary>
    public static SegmentId? SegmentOf(string lease, string experiment) =>
        SiteOf(lease) is not null
        && lease.AsSpan(SecretDigits, NumberDigits).SequenceEqual(Tag(experiment))
        && int.TryParse(lease.AsSpan(SecretDigits + NumberDigits, NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int trial)
        && int.TryParse(lease.AsSpan(SecretDigits + (2 * NumberDigits), NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int segment)
            ? new(experiment, trial, segment)
            : null;

    private static string Tag(string experiment) => Fingerprint.Of(experiment, NumberDigits);
}
