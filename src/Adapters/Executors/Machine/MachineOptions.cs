using System.Collections.Immutable;
using System.Globalization;
using HpoServerless.Engine.Errors;
using Microsoft.Extensions.Configuration;

namespace HpoServerless.Adapters.Executors.Machine;

/// <summary>A site on this machine that gives each trial a share of it: graphics cards, processor cores, memory and time.</summary>
public sealed record MachineOptions
{
    private const int LargestMemory = 1 << 30;
    private const int MostJobs = 64;
    private const string JobsKey = "jobs_per_gpu";

    /// <summary>Name of the site.</summary>
    public required string Site { get; init; }

    /// <summary>Whether trials get graphics cards. Without, they see none.</summary>
    public bool HasCards { get; init; }

    /// <summary>Ids of the cards, as CUDA knows them: numbers in the order of the bus, or UUIDs.</summary>
    public ImmutableArray<string> Cards { get; init; } = [];

    /// <summary>Trials that share one card, 1 to 64.</summary>
    /// <value>1</value>
    public int JobsPerCard { get; init; } = 1;

    /// <summary>Trials that share each card, 1 to 64, in the order of <see cref="Cards"/>; empty where <see cref="JobsPerCard"/> holds for all.</summary>
    public ImmutableArray<int> JobsOfCards { get; init; } = [];

    /// <summary>The cores that trials may get.</summary>
    /// <value>All that this process may use.</value>
    public ImmutableArray<int> Cores { get; init; } = ProcessorCores.Find();

    /// <summary>Cores that a trial gets for itself where its experiment does not say: a whole number, or below 1 for a part of one.</summary>
    /// <value>Null: trials share all cores, and nobody holds them to any.</value>
    public double? CoresPerJob { get; init; }

    /// <summary>Trials at the same time at most.</summary>
    /// <value>Null: as many as there are cards or cores for.</value>
    public int? Parallel { get; init; }

    /// <summary>Memory that a trial may take at most, in MiB; null for any. An experiment may allow less.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Longest run of a trial without a pause; null for any. An experiment may allow less.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Environment variables of the trials.</summary>
    public ImmutableSortedDictionary<string, string> Env { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Python 3.9 or newer: a path, or a name on PATH.</summary>
    /// <value>Null: as for trials at <c>local</c>.</value>
    public string? Python { get; init; }

    /// <summary>How long a program that was told to stop may take to end by itself, where its experiment does not say.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a program that was told to pause may take to save itself and end.</summary>
    public TimeSpan PauseGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Reads the section of one site. The machine is looked at where cards are not named.</summary>
    /// <param name="section">The section; its key is the name of the site.</param>
    /// <param name="hasCards">Whether trials get graphics cards.</param>
    /// <param name="faults">Takes everything that is missing or wrong.</param>
    /// <returns>The options; of use only where no fault was added.</returns>
    public static MachineOptions Read(IConfigurationSection section, bool hasCards, List<Fault> faults)
    {
        SiteSection site = new(section, faults);
        MachineOptions defaults = new() { Site = section.Key, HasCards = hasCards };
        string[] jobs = hasCards ? [.. site.Children(JobsKey).SelectMany(child => GraphicsCards.Split(child.Text))] : [];
        MachineOptions options = defaults with
        {
            Cards = hasCards ? ReadCards(site, section, faults) : [],
            JobsPerCard = (hasCards && jobs.Length <= 1 ? site.Number(JobsKey, 1, MostJobs) : null) ?? defaults.JobsPerCard,
            JobsOfCards = jobs.Length <= 1 ? [] : [.. jobs.Select(static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)],
            Cores = ReadCores(site, section, faults) ?? defaults.Cores,
            CoresPerJob = site.Decimal("cpus_per_job", 0, 4096),
            Parallel = site.Number("n_parallel", 1, 100_000),
            MemoryMiB = site.Number("memory_limit_mb", 1, LargestMemory),
            TimeLimit = site.Seconds("time_limit"),
            Env = site.Variables("env"),
            Python = site.TextOrNull("python"),
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

    private static ImmutableArray<string> ReadCards(SiteSection site, IConfigurationSection section, List<Fault> faults)
    {
        ImmutableArray<string> gpus = [.. site.Children("gpus").SelectMany(child => GraphicsCards.Split(child.Text))];
        ImmutableArray<string> ids = [.. site.Children("gpu_ids").SelectMany(child => GraphicsCards.Split(child.Text))];
        if (!gpus.IsEmpty && !ids.IsEmpty)
        {
            faults.Add(new($"{section.Path}:gpu_ids", string.Join(',', ids), "must be left out where gpus is given: both name the cards"));
        }

        ImmutableArray<string> named = gpus.IsEmpty ? ids : gpus;
        ImmutableArray<string> cards = named.IsEmpty ? GraphicsCards.Find() : named;
        if (cards.IsEmpty)
        {
            faults.Add(new($"{section.Path}:gpus", null, "is missing, and nvidia-smi shows no card here: name the cards, such as \"0,1\""));
        }

        return cards;
    }

    private static ImmutableArray<int>? ReadCores(SiteSection site, IConfigurationSection section, List<Fault> faults)
    {
        if (string.Join(',', site.Children("cpus").Select(child => child.Text)) is not { Length: > 0 } text)
        {
            return null;
        }

        if (ProcessorCores.Parse(text) is not { } cores)
        {
            faults.Add(new($"{section.Path}:cpus", text, "must be numbers of cores, such as 0-3,8"));
            return null;
        }

        if (cores.Except(ProcessorCores.Find()).Order().ToArray() is { Length: > 0 } missing)
        {
            faults.Add(new($"{section.Path}:cpus", text, $"must be cores that this process may use; {string.Join(',', missing)} are not"));
        }

        return cores;
    }

    private void Check(string path, List<Fault> faults)
    {
        Need(Site.Length > 0 && Site.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'), nameof(Site), Site, "must have letters, digits and . _ - only");
        Need(Cards.Distinct().Count() == Cards.Length, "gpus", string.Join(',', Cards), "must name every card once; jobs_per_gpu says how many trials share one");
        Need(Cards.All(id => id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '/' or '.' or ':' or '_')), "gpus", string.Join(',', Cards), "must be numbers or UUIDs of cards");
        Need(JobsOfCards.IsEmpty || JobsOfCards.Length == Cards.Length, JobsKey, string.Join(',', JobsOfCards), $"must be one number, or one for each of the {Cards.Length} cards");
        Need(JobsOfCards.All(static jobs => jobs is >= 1 and <= MostJobs), JobsKey, string.Join(',', JobsOfCards), $"must have whole numbers from 1 to {MostJobs}");
        Need(CoresPerJob is not > 1 || CoresPerJob == Math.Floor(CoresPerJob.Value), "cpus_per_job", CoresPerJob, "must be a whole number, or below 1 for a part of a core");
        Need(CoresPerJob is null || CoresPerJob <= Cores.Length, "cpus_per_job", CoresPerJob, $"must be at most {Cores.Length}, the number of cores");
        Need(!Env.Keys.Any(Processes.PythonWorker.IsSecret), "env", string.Join(',', Env.Keys.Where(Processes.PythonWorker.IsSecret)), "must have no name that begins with HPO or AzureWebJobs: those are not handed to trials");
        Need(TimeLimit is null || TimeLimit > TimeSpan.Zero, "time_limit", TimeLimit?.TotalSeconds, "must be above 0");

        void Need(bool holds, string name, object? value, string rule)
        {
            if (!holds)
            {
                faults.Add(new($"{path}:{name}", value?.ToString(), rule));
            }
        }
    }
}
