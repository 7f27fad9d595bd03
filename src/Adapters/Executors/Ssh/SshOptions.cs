using System.Collections.Immutable;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Ssh;

/// <summary>Machines that run trials and are reached by the OpenSSH client of this one. Nothing is installed there but Python.</summary>
public sealed record SshOptions
{
    private const int DefaultRetries = 3;
    private const int DefaultAsyncRetries = 10;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    /// <summary>Name of the site.</summary>
    public required string Site { get; init; }

    /// <summary>The machines. At least one.</summary>
    public required ImmutableArray<SshNode> Nodes { get; init; }

    /// <summary>File of the keys that hosts must have.</summary>
    /// <value>Null: those of the user that this process is.</value>
    public string? KnownHosts { get; init; }

    /// <summary>Whether a host that is not known yet is trusted, and remembered, at the first connection. One whose key has changed never is.</summary>
    public bool AcceptNew { get; init; }

    /// <summary>Folder on the nodes for all that is carried there, from the home folder unless absolute.</summary>
    /// <value><c>hpo</c></value>
    public string Folder { get; init; } = "hpo";

    /// <summary>Python 3.9 or newer on the nodes: a path, or a name on PATH there.</summary>
    /// <value><c>python3</c></value>
    public string Python { get; init; } = "python3";

    /// <summary>Segments that one node runs at the same time, 1 to 256.</summary>
    /// <value>1</value>
    public int Slots { get; init; } = 1;

    /// <summary>Shell commands before a worker starts; what they set holds for the trials. Null for none.</summary>
    public string? Prescript { get; init; }

    /// <summary>Shell commands after a worker has ended, also when the connection broke. Null for none.</summary>
    public string? Postscript { get; init; }

    /// <summary>Environment variables of the workers. They are carried in a file that only the user can read.</summary>
    public ImmutableSortedDictionary<string, string> Env { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whether scripts are carried anew by each process of the host, also where the node has them.</summary>
    public bool Overwrite { get; init; }

    /// <summary>How long connecting may take.</summary>
    /// <value>10 s</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a node that could not be reached is left alone.</summary>
    /// <value>30 s</value>
    public TimeSpan ReconnectWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a segment tries to reach a node, before it counts as lost. Without a connection, how many visits in a row may fail.</summary>
    /// <value>3, without a connection 10</value>
    public int MaxRetries { get; init; } = DefaultRetries;

    /// <summary>Whether programs run without a connection, and are visited now and then: they survive broken connections and the end of the host.</summary>
    public bool AsyncRun { get; init; }

    /// <summary>How long it is between two visits to a program that runs without a connection; the first ones are closer.</summary>
    /// <value>30 s</value>
    public TimeSpan AsyncReconnect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long the node ends a program that runs without a connection. Null for never.</summary>
    public TimeSpan? AsyncTimeout { get; init; }

    /// <summary>How long a program that was told to stop may take to end by itself, where its experiment does not say.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The OpenSSH client: a path, or a name on PATH.</summary>
    /// <value><c>ssh</c></value>
    public string Client { get; init; } = "ssh";

    /// <summary>Reads the section of one site.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static SshOptions Read(IConfigurationSection section, List<Fault> faults) => Read(new(section, faults), section, faults, text => text);

    /// <summary>Reads the section of a site that is also something else.</summary>
    /// <param name="site">The section, of which all else was read.</param>
    /// <param name="section">The same.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <param name="complete">Adds to the text of a node what goes without saying.</param>
    internal static SshOptions Read(SiteSection site, IConfigurationSection section, List<Fault> faults, Func<string, string> complete)
    {
        SshOptions defaults = new() { Site = section.Key, Nodes = ReadNodes(site, section, faults, complete) };
        bool detached = site.Flag("async_run");
        SshOptions options = defaults with
        {
            AsyncRun = detached,
            AsyncReconnect = site.Seconds("async_reconnect") ?? defaults.AsyncReconnect,
            AsyncTimeout = site.Seconds("async_timeout"),
            KnownHosts = site.TextOrNull("known_hosts") is { } known ? HomePath.Expand(known) : null,
            AcceptNew = site.Flag("accept_new"),
            Folder = site.TextIfGiven("folder") ?? defaults.Folder,
            Python = site.TextIfGiven("python") ?? defaults.Python,
            Slots = site.Number("slots", 1, 256) ?? defaults.Slots,
            Prescript = site.TextOrNull("prescript"),
            Postscript = site.TextOrNull("postscript"),
            Env = site.Variables("env"),
            Overwrite = site.Flag("overwrite"),
            ConnectTimeout = site.Seconds("connect_timeout") ?? defaults.ConnectTimeout,
            ReconnectWait = site.Seconds("reconn_wait_time") ?? defaults.ReconnectWait,
            MaxRetries = site.Number("max_retries", 1, 1000) ?? (detached ? DefaultAsyncRetries : DefaultRetries),
            StopGrace = site.Seconds("stop_grace") ?? defaults.StopGrace,
            PauseGrace = site.Seconds("pause_grace") ?? defaults.PauseGrace,
        };
        site.Done();
        options.Check(section.Path, faults);
        return options;
    }

    /// <exception cref="InvalidInputException">Lists everything that is wrong.</exception>
    internal void Validate()
    {
        List<Fault> faults = [];
        Check(Site, faults);
        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }
    }

    private static ImmutableArray<SshNode> ReadNodes(SiteSection site, IConfigurationSection section, List<Fault> faults, Func<string, string> complete)
    {
        List<SshNode> nodes = [];
        foreach ((string key, string text) in site.Children("nodes"))
        {
            if (SshNode.Read(complete(text), $"{section.Path}:nodes:{key}", faults) is { } node)
            {
                nodes.Add(node);
            }
        }

        return [.. nodes];
    }

    /// <summary>How long a visit waits after so many failed ones in a row.</summary>
    internal TimeSpan WaitAfter(int failures)
    {
        double wait = ReconnectWait.TotalSeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        return wait < LongestWait.TotalSeconds ? TimeSpan.FromSeconds(wait) : LongestWait;
    }

    private void Check(string path, List<Fault> faults)
    {
        Need(Site.Length > 0 && Site.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'), nameof(Site), Site, "must have letters, digits and . _ - only");
        Need(!Nodes.IsEmpty || faults.Exists(fault => fault.Path.Contains(":nodes", StringComparison.Ordinal)), "nodes", null, "must list at least one user@host[:port] [keyfile]");
        foreach (string twice in Nodes.GroupBy(node => node.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key))
        {
            Need(false, "nodes", twice, "must name every node once; slots says how many trials one runs at the same time");
        }

        Need(AcceptNew || KnownHosts is null || File.Exists(KnownHosts), "known_hosts", KnownHosts, "must be a file that exists");
        Need(Folder.Length > 0 && !Folder.Contains('\n', StringComparison.Ordinal), "folder", Folder, "must be a folder");
        Need(AsyncRun || AsyncTimeout is null, "async_timeout", AsyncTimeout, "needs async_run: true; trial_time_limit_s limits any trial");
        Need(AsyncReconnect > TimeSpan.Zero, "async_reconnect", AsyncReconnect, "must be above 0 s");
        Need(AsyncTimeout is null || AsyncTimeout > TimeSpan.Zero, "async_timeout", AsyncTimeout, "must be above 0 s");
        Need(ConnectTimeout >= TimeSpan.FromSeconds(1), "connect_timeout", ConnectTimeout, "must be at least 1 s");

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value is TimeSpan time ? FormattableString.Invariant($"{time.TotalSeconds:0.###} s") : value?.ToString(), rule));
            }
        }
    }
}
