using System.Collections.Immutable;
using HpoServerless.Adapters.Grid.Panda;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Panda;

/// <summary>A grid behind a PanDA server that runs trials, one segment a task.</summary>
public sealed record PandaOptions
{
    /// <summary>Name of the site.</summary>
    public string Site { get; init; } = "panda";

    /// <summary>How the server is reached.</summary>
    public PandaConnection Connection { get; init; } = new();

    /// <summary>Whose tasks they are: the nickname in names of datasets, <c>user.ACCOUNT.…</c>.</summary>
    public required string Account { get; init; }

    /// <summary>Names of the grid's queues that trials may go to. A project's <c>site</c> takes their place.</summary>
    /// <value>Empty: PanDA chooses.</value>
    public ImmutableArray<string> Queues { get; init; } = [];

    /// <summary>Names of queues that trials must not go to.</summary>
    public ImmutableArray<string> ExcludedQueues { get; init; } = [];

    /// <summary>Container image in which jobs run. A project's <c>container</c> takes its place.</summary>
    /// <value>Null: jobs run as the queue has it.</value>
    public string? Container { get; init; }

    /// <summary>Input dataset. A project's <c>inDS</c> takes its place.</summary>
    public string? InDS { get; init; }

    /// <summary>Name that those of tasks and their logs begin with. A project's <c>outDS</c> takes its place.</summary>
    public string OutDS { get; init; } = "user.{ACCOUNT}.hpo.{HPO_PROJECT_NAME}";

    /// <summary>Whether the grid itself runs failed jobs again. A project's <c>retry</c> does that, too.</summary>
    public bool Retry { get; init; }

    /// <summary>How often the grid itself starts a job at most, 1 to 50.</summary>
    /// <value>Null: as PanDA has it.</value>
    public int? MaxAttempts { get; init; }

    /// <summary>Whether jobs need a GPU.</summary>
    /// <value>Null: they do where the name of every queue has GPU in it.</value>
    public bool? Gpu { get; init; }

    /// <summary>Cores of a job, 1 to 1024.</summary>
    /// <value>Null: 1 with a GPU, else 8.</value>
    public int? Cores { get; init; }

    /// <summary>Memory of a job in MiB for each core.</summary>
    /// <value>Null: as PanDA has it.</value>
    public int? MemoryMiB { get; init; }

    /// <summary>CPU time of a job in seconds. Present PanDA servers take it and do not look at it.</summary>
    public int? MaxCpuCount { get; init; }

    /// <summary>Working group in whose name tasks run.</summary>
    public string? WorkingGroup { get; init; }

    /// <summary>Architecture that jobs ask for, in PanDA's words.</summary>
    public string? Architecture { get; init; }

    /// <summary>Python 3.9 or newer in the container or on the node: a path, or a name on PATH.</summary>
    public string Python { get; init; } = "python3";

    /// <summary>Most segments at the same time.</summary>
    /// <value>Null: any number.</value>
    public int? MaxTrials { get; init; }

    /// <summary>How old what is known of the tasks may be: one listing answers all who ask in that time.</summary>
    /// <value>1 minute</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a task that was submitted may be unknown to the server.</summary>
    /// <value>30 minutes</value>
    public TimeSpan UnknownFor { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long after a job's end its metadata may take to be there.</summary>
    /// <value>10 minutes</value>
    public TimeSpan MetadataFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Largest userJobMetadata.json that a job writes, in KiB: reports, the end of the log, and the checkpoints that fit.</summary>
    /// <value>1000</value>
    public int MetadataKiB { get; init; } = 1000;

    /// <summary>How long a program may take to save itself where it must ask how to go on.</summary>
    /// <value>2 minutes</value>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Folder that holds <c>hpo_trial</c>.</summary>
    public string HarnessPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "python");

    /// <summary>Reads the section of one site. What it does not say of the connection, the environment does.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static PandaOptions Read(IConfigurationSection section, List<Fault> faults, Func<string, string?> variable)
    {
        SiteSection site = new(section, faults);
        PandaOptions defaults = new() { Account = site.TextOrNull("Account") ?? variable("RUCIO_ACCOUNT") ?? string.Empty };
        PandaOptions options = defaults with
        {
            Site = section.Key,
            Connection = ReadConnection(site, section, faults, variable),
            Queues = [.. site.Children("Queues").Select(child => child.Text)],
            ExcludedQueues = [.. site.Children("ExcludedQueues").Select(child => child.Text)],
            Container = site.TextOrNull("Container"),
            InDS = site.TextOrNull("InDS"),
            OutDS = site.TextOrNull("OutDS") ?? defaults.OutDS,
            Retry = site.Flag("Retry"),
            MaxAttempts = site.Number("MaxAttempts", 1, 50),
            Gpu = site.TextOrNull("Gpu") is null ? null : site.Flag("Gpu"),
            Cores = site.Number("Cores", 1, 1024),
            MemoryMiB = site.Number("MemoryMiB", 1, 10_000_000),
            MaxCpuCount = site.Number("MaxCpuCount", 1, 1_000_000_000),
            WorkingGroup = site.TextOrNull("WorkingGroup"),
            Architecture = site.TextOrNull("Architecture"),
            Python = site.TextOrNull("Python") ?? defaults.Python,
            MaxTrials = site.Number("MaxTrials", 1, 1_000_000),
            PollEvery = site.Seconds("PollEveryS") ?? defaults.PollEvery,
            UnknownFor = site.Seconds("UnknownForS") ?? defaults.UnknownFor,
            MetadataFor = site.Seconds("MetadataForS") ?? defaults.MetadataFor,
            MetadataKiB = site.Number("MetadataKiB", 16, 100_000) ?? defaults.MetadataKiB,
            PauseGrace = site.Seconds("PauseGraceS") ?? defaults.PauseGrace,
        };
        site.Done();
        options.Check(section.Path, faults);
        return options;
    }

    private static PandaConnection ReadConnection(SiteSection site, IConfigurationSection section, List<Fault> faults, Func<string, string?> variable)
    {
        string? auth = site.TextOrNull("Auth");
        if (auth is not (null or "oidc" or "x509"))
        {
            faults.Add(new($"{section.Path}:Auth", auth, "must be oidc or x509"));
        }

        string? api = site.AddressOrNull("Api")?.AbsoluteUri;
        string? cache = site.AddressOrNull("Cache")?.AbsoluteUri;
        string? Known(string name) => name switch
        {
            "PANDA_API_URL_SSL" => api ?? variable(name),
            "PANDACACHE_URL" => cache ?? variable(name),
            "PANDA_AUTH" => auth switch { null => variable(name), "oidc" => auth, _ => null },
            "PANDA_AUTH_VO" => site.TextOrNull("Vo") ?? variable(name),
            "OIDC_AUTH_TOKEN_FILE" => site.TextOrNull("TokenFile") ?? variable(name),
            "PANDA_CONFIG_ROOT" => site.TextOrNull("ConfigFolder") ?? variable(name),
            "X509_USER_PROXY" => site.TextOrNull("Proxy") ?? variable(name),
            "X509_CERT_DIR" => site.TextOrNull("AuthorityFolder") ?? variable(name),
            _ => variable(name),
        };
        try
        {
            return PandaConnection.FromEnvironment(Known);
        }
        catch (InvalidInputException error)
        {
            faults.AddRange(error.Faults.Select(fault => fault with { Path = $"{section.Path} ({fault.Path})" }));
            return new();
        }
    }

    private void Check(string path, List<Fault> faults)
    {
        Need(Account.Length > 0 && PandaNames.IsPlain(Account), nameof(Account), Account, "must be the nickname on the grid, of the characters A-Z a-z 0-9 _ . -; RUCIO_ACCOUNT counts where it is not given");
        Need(Python.All(c => char.IsAsciiLetterOrDigit(c) || "_./+-".Contains(c, StringComparison.Ordinal)), nameof(Python), Python, "must be a path or a name of the characters A-Z a-z 0-9 _ . / + -");
        Need(PollEvery > TimeSpan.Zero, nameof(PollEvery), PollEvery, "must be above 0");
        Need(Queues.Concat(ExcludedQueues).All(PandaNames.IsPlain), nameof(Queues), string.Join(',', Queues), "must be names of queues, of the characters A-Z a-z 0-9 _ . -");

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value?.ToString(), rule));
            }
        }
    }
}
