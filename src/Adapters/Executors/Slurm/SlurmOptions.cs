using System.Collections.Immutable;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Slurm;

/// <summary>A Slurm cluster, which this machine can submit jobs to, with a folder that it shares with the nodes.</summary>
public sealed record SlurmOptions
{
    private static readonly string[] Ours =
        ["--export", "--job-name", "--output", "--error", "--parsable", "--requeue", "--no-requeue", "--array", "--wrap", "--chdir", "--wait", "--test-only"];

    /// <summary>Name of the site.</summary>
    public required string Site { get; init; }

    /// <summary>Folder that this machine and the nodes share: the harness, what jobs print, and trials.</summary>
    public required string Folder { get; init; }

    /// <summary>Where nodes reach this service. Null for its public address.</summary>
    public Uri? Api { get; init; }

    /// <summary>Python 3.9 or newer on the nodes: a path, or a name on PATH there.</summary>
    /// <value><c>python3</c></value>
    public string Python { get; init; } = "python3";

    /// <summary>Partition. Null for the cluster's own default, as with the next ones.</summary>
    public string? Partition { get; init; }

    /// <summary>Account that pays.</summary>
    public string? Account { get; init; }

    /// <summary>Generic resources of a trial, such as <c>gpu:a100:1</c>.</summary>
    public string? Gres { get; init; }

    /// <summary>GPUs of a trial.</summary>
    public int? Gpus { get; init; }

    /// <summary>Cores of a trial.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory of a trial, as Slurm writes it (<c>4G</c>).</summary>
    public string? Memory { get; init; }

    /// <summary>Longest time of a job, as Slurm writes it (<c>1-12:00:00</c>), where the experiment sets no limit.</summary>
    public string? Time { get; init; }

    /// <summary>Further options of <c>sbatch</c>, each with its value (<c>--constraint=a100</c>).</summary>
    public ImmutableArray<string> Extra { get; init; } = [];

    /// <summary>Shell commands before the trial; what they export holds for it. Null for none.</summary>
    public string? Prescript { get; init; }

    /// <summary>Most trials at once, waiting jobs included. Null for any number.</summary>
    public int? MaxTrials { get; init; }

    /// <summary>How often all jobs are looked at, once for all who ask.</summary>
    /// <value>10 s</value>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What a job's time has beyond the trial's limit, for fetching files and starting.</summary>
    /// <value>120 s</value>
    public TimeSpan StartAllowance { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a program that was told to stop may go on before its job is cancelled, where its experiment does not say.</summary>
    /// <value>0 s</value>
    public TimeSpan StopGrace { get; init; }

    /// <summary>How long a program that was told to pause may go on before its job is cancelled.</summary>
    /// <value>120 s</value>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Folder of Slurm's commands. Null for those on PATH.</summary>
    public string? Commands { get; init; }

    /// <summary>Slurm's configuration file. Null for that of the machine.</summary>
    public string? Configuration { get; init; }

    /// <summary>Folder that contains the package <c>hpo_trial</c>, on this machine.</summary>
    internal string HarnessPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "python");

    /// <summary>Reads the section of one site.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static SlurmOptions Read(IConfigurationSection section, List<Fault> faults)
    {
        SiteSection site = new(section, faults);
        SlurmOptions defaults = new() { Site = section.Key, Folder = HomePath.Expand(site.Text("folder")) };
        SlurmOptions options = defaults with
        {
            Api = site.AddressOrNull("api", loopback: true),
            Python = site.TextOrNull("python") ?? defaults.Python,
            Partition = site.TextOrNull("partition"),
            Account = site.TextOrNull("account"),
            Gres = site.TextOrNull("gres"),
            Gpus = site.Number("gpus", 1, 1024),
            Cpus = site.Number("cpus", 1, 65536),
            Memory = site.TextOrNull("mem"),
            Time = site.TextOrNull("time"),
            Extra = [.. site.Children("extra").Select(child => child.Text)],
            Prescript = site.TextOrNull("prescript"),
            MaxTrials = site.Number("max_trials", 1, 100_000),
            PollEvery = site.Seconds("poll_every") ?? defaults.PollEvery,
            StartAllowance = site.Seconds("start_allowance") ?? defaults.StartAllowance,
            StopGrace = site.Seconds("stop_grace") ?? defaults.StopGrace,
            PauseGrace = site.Seconds("pause_grace") ?? defaults.PauseGrace,
            Commands = site.TextOrNull("commands"),
            Configuration = site.TextOrNull("slurm_conf"),
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

    private void Check(string path, List<Fault> faults)
    {
        Need(Site.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'), nameof(Site), Site, "must have letters, digits and . _ - only");
        Need(Path.IsPathRooted(Folder) || Folder == "missing", "folder", Folder, "must be an absolute path, or begin with ~/, and be the same on the nodes");
        Need(Gres is null || Gpus is null, "gpus", Gpus, "must not be given together with gres");
        Need(PollEvery > TimeSpan.Zero, "poll_every", PollEvery, "must be above 0");
        foreach (string option in Extra)
        {
            Need(option.StartsWith("--", StringComparison.Ordinal) && !option.Contains('\n', StringComparison.Ordinal), "extra", option, "must be a long option of sbatch with its value, such as --constraint=a100");
            Need(!IsOurs(option), "extra", option, "must not be an option that the executor sets itself");
        }

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value?.ToString(), rule));
            }
        }
    }

    private static bool IsOurs(string option) =>
        Ours.Any(ours => option == ours || option.StartsWith($"{ours}=", StringComparison.Ordinal));
}
