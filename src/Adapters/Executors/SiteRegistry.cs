using System.Collections.Frozen;
using System.Collections.Immutable;
using Amazon.Runtime;
using Azure.Core;
using Azure.Identity;
using HpoServerless.Adapters.Executors.Aws;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Adapters.Executors.Machine;
using HpoServerless.Adapters.Executors.Panda;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Executors.Slurm;
using HpoServerless.Adapters.Executors.Ssh;
using HpoServerless.Adapters.Executors.Workers;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors;

/// <summary>Makes the executors of the sites that an installation names: the section <c>Sites</c>, <c>{"NAME": {"type": …, …}}</c>.</summary>
public static class SiteRegistry
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Sites";

    /// <summary>Name of the key that says a site's type.</summary>
    public const string TypeKey = "Type";

    /// <summary>Name that no site may have: that of the machine on which the host runs, which is always there.</summary>
    public const string Reserved = "local";

    private static readonly FrozenDictionary<string, SiteType> Types = new Dictionary<string, SiteType>
    {
        ["aws"] = ReadAws,
        ["batch"] = ReadBatch,
        ["cpu"] = static (section, faults) => ReadMachine(section, hasCards: false, faults),
        ["gpu"] = static (section, faults) => ReadMachine(section, hasCards: true, faults),
        ["panda"] = ReadPanda,
        ["passive"] = static (section, faults) => OnBoard(WorkersOptions.ReadPassive(section, faults), section),
        ["slurm"] = ReadSlurm,
        ["ssh"] = ReadSsh,
        ["workers"] = static (section, faults) => OnBoard(WorkersOptions.Read(section, faults), section),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The types that a site may have.</summary>
    public static ImmutableArray<string> TypeNames { get; } = [.. Types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads one site.</summary>
    /// <returns>Makes its executor.</returns>
    private delegate Func<SiteServices, ITrialExecutor> SiteType(IConfigurationSection section, List<Fault> faults);

    /// <summary>Reads all sites; none is reached for.</summary>
    /// <returns>What makes their executors, in the order of their names.</returns>
    /// <exception cref="InvalidInputException">Lists everything that is wrong with any of them.</exception>
    public static ImmutableArray<Func<SiteServices, ITrialExecutor>> Read(IConfiguration configuration)
    {
        List<Fault> faults = [];
        ImmutableArray<Func<SiteServices, ITrialExecutor>> sites = Read(configuration, faults);
        return faults.Count == 0 ? sites : throw new InvalidInputException([.. faults]);
    }

    /// <summary>The same for a caller that tells these faults together with others.</summary>
    /// <param name="configuration">Has the section.</param>
    /// <param name="faults">Takes everything that is wrong.</param>
    /// <returns>What makes the executors; of use only where no fault was added.</returns>
    public static ImmutableArray<Func<SiteServices, ITrialExecutor>> Read(IConfiguration configuration, List<Fault> faults)
    {
        ImmutableArray<Func<SiteServices, ITrialExecutor>>.Builder sites = ImmutableArray.CreateBuilder<Func<SiteServices, ITrialExecutor>>();
        foreach (IConfigurationSection section in configuration.GetSection(Section).GetChildren())
        {
            if (string.Equals(section.Key, Reserved, StringComparison.OrdinalIgnoreCase))
            {
                faults.Add(new(section.Path, null, "is a reserved name, that of this machine: give the site another one"));
            }
            else if (Types.TryGetValue(section[TypeKey] ?? string.Empty, out SiteType? type))
            {
                sites.Add(type(section, faults));
            }
            else
            {
                faults.Add(new($"{section.Path}:{TypeKey}", section[TypeKey], $"must be one of {string.Join(", ", TypeNames)}"));
            }
        }

        return sites.DrainToImmutable();
    }

    private static Func<SiteServices, ITrialExecutor> ReadAws(IConfigurationSection section, List<Fault> faults)
    {
        AwsOptions options = AwsOptions.Read(section, faults, FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)?.SystemName);
        return services => new AwsExecutor(
            options,
            services.DataFolder ?? throw new InvalidInputException(new Fault(section.Path, "aws", "needs a host with a data folder, that stays as long as its trials run")),
            services.Events ?? throw new InvalidInputException(new Fault(section.Path, "aws", "needs a host that hears its segments")),
            services.Artifacts,
            services.Time,
            services.Logging.CreateLogger<SshExecutor>());
    }

    private static Func<SiteServices, ITrialExecutor> ReadBatch(IConfigurationSection section, List<Fault> faults)
    {
        BatchOptions options = BatchOptions.Read(section, faults);
        return services =>
        {
            TokenCredential credential = options.ClientId is { } id
                ? new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(id))
                : new DefaultAzureCredential();
            return new AzureBatchExecutor(options, credential, services.Access, services.Events, services.Time, services.Logging.CreateLogger<AzureBatchExecutor>());
        };
    }

    private static Func<SiteServices, ITrialExecutor> ReadMachine(IConfigurationSection section, bool hasCards, List<Fault> faults)
    {
        MachineOptions options = MachineOptions.Read(section, hasCards, faults);
        string type = hasCards ? "gpu" : "cpu";
        return services => new ProcessExecutor(
            options,
            services.DataFolder ?? throw new InvalidInputException(new Fault(section.Path, type, "needs a host with a data folder, that stays as long as its trials run")),
            services.Events ?? throw new InvalidInputException(new Fault(section.Path, type, "needs a host that hears its segments")),
            services.Artifacts,
            services.Time,
            services.Logging.CreateLogger<ProcessExecutor>());
    }

    private static Func<SiteServices, ITrialExecutor> ReadPanda(IConfigurationSection section, List<Fault> faults)
    {
        PandaOptions options = PandaOptions.Read(section, faults, Environment.GetEnvironmentVariable);
        return services => new PandaExecutor(options, services.Artifacts, services.Events, services.Time, services.Logging.CreateLogger<PandaExecutor>());
    }

    private static Func<SiteServices, ITrialExecutor> OnBoard(WorkersOptions options, IConfigurationSection section) => services => new WorkerExecutor(
        options,
        services.Rows ?? throw new InvalidInputException(new Fault(section.Path, section[TypeKey], "needs a host whose store has rows")),
        services.Events,
        services.Time,
        services.Logging.CreateLogger<WorkerExecutor>());

    private static Func<SiteServices, ITrialExecutor> ReadSlurm(IConfigurationSection section, List<Fault> faults)
    {
        SlurmOptions options = SlurmOptions.Read(section, faults);
        return services => new SlurmExecutor(options, services.Access, services.Events, services.Time, services.Logging.CreateLogger<SlurmExecutor>());
    }

    private static Func<SiteServices, ITrialExecutor> ReadSsh(IConfigurationSection section, List<Fault> faults)
    {
        SshOptions options = SshOptions.Read(section, faults);
        return services => new SshExecutor(
            options,
            services.DataFolder ?? throw new InvalidInputException(new Fault(section.Path, "ssh", "needs a host with a data folder, that stays as long as its trials run")),
            services.Events ?? throw new InvalidInputException(new Fault(section.Path, "ssh", "needs a host that hears its segments")),
            services.Artifacts,
            services.Time,
            services.Logging.CreateLogger<SshExecutor>());
    }
}

/// <summary>What executors of sites are made with.</summary>
/// <param name="Artifacts">Where scripts and checkpoints are.</param>
/// <param name="Access">How trials reach this installation.</param>
/// <param name="Events">Hears from segments; null where this process takes no hints.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logging">Makes the loggers.</param>
public sealed record SiteServices(
    IArtifactStore Artifacts, ITrialAccess Access, ISegmentEvents? Events, TimeProvider Time, ILoggerFactory Logging)
{
    /// <summary>Where boards of workers are; null where the store has no rows.</summary>
    public IRowStore? Rows { get; init; }

    /// <summary>Folder of this process that stays; null where it has none.</summary>
    public string? DataFolder { get; init; }
}
