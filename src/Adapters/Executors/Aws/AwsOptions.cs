using System.Text.RegularExpressions;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Aws;

/// <summary>Machines of EC2 that run trials. They are started when they are needed, and reached over SSH.</summary>
public sealed partial record AwsOptions
{
    /// <summary>How they are reached, and what they run. A node whose host is an instance id (<c>i-…</c>) is an instance; others are plain machines.</summary>
    public required SshOptions Ssh { get; init; }

    /// <summary>Where the instances are.</summary>
    public required string Region { get; init; }

    /// <summary>Address of EC2. Null for that of the region.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether instances that were used are stopped when an experiment ends and no other runs there.</summary>
    public bool StopAfter { get; init; }

    /// <summary>Whether instances are reached by their private address.</summary>
    public bool PrivateAddress { get; init; }

    /// <summary>How long an instance may take to run and to answer.</summary>
    /// <value>300 s</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How often an instance that starts is looked at.</summary>
    /// <value>5 s</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause after the first call that EC2 was too busy for; each further one is twice as long.</summary>
    internal TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where EC2 is.</summary>
    internal Uri Address => Endpoint ?? new($"https://ec2.{Region}.amazonaws.com{(Region.StartsWith("cn-", StringComparison.Ordinal) ? ".cn" : string.Empty)}/");

    /// <summary>Whether a node is an instance.</summary>
    internal static bool IsInstance(SshNode node) => InstancePattern().IsMatch(node.Host);

    /// <summary>Reads the section of one site.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <param name="defaultRegion">Region where the section names none; null where nothing does.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static AwsOptions Read(IConfigurationSection section, List<Fault> faults, string? defaultRegion)
    {
        SiteSection site = new(section, faults);
        string user = site.TextOrNull("user") ?? "ec2-user";
        string? region = site.TextOrNull("region") ?? defaultRegion;
        if (region is null || !RegionPattern().IsMatch(region))
        {
            faults.Add(new($"{section.Path}:region", region, "must be a region of AWS, such as eu-central-1; AWS_REGION or a profile can say it, too"));
            region = "missing";
        }

        AwsOptions options = new()
        {
            Region = region,
            Endpoint = site.AddressOrNull("endpoint", loopback: true),
            StopAfter = site.Flag("stop_after"),
            PrivateAddress = site.Flag("private_address"),
            StartTimeout = site.Seconds("start_timeout") ?? TimeSpan.FromSeconds(300),
            PollEvery = site.Seconds("poll_every") ?? TimeSpan.FromSeconds(5),
            Ssh = SshOptions.Read(site, section, faults, text => InstanceStart().IsMatch(text) ? $"{user}@{text}" : text),
        };
        if (options.PollEvery <= TimeSpan.Zero)
        {
            faults.Add(new($"{section.Path}:poll_every", "0", "must be above 0"));
        }

        return options;
    }

    [GeneratedRegex("^i-[0-9a-f]{8,17}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InstancePattern();

    [GeneratedRegex("^i-[0-9a-f]{8,17}([: \t]|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InstanceStart();

    [GeneratedRegex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RegionPattern();
}
