using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Settings;
using HpoServerless.LocalHost.Durable;
using HpoServerless.LocalHost.Queues;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost;

/// <summary>Composes a host: first what differs from the cloud, then the Functions app's own services.</summary>
internal static class HostServices
{
    private const int FinishedInstancesKept = 256; // the store is the truth; these are for those who just waited for an end

    public static ServiceProvider Build(EmbeddedHostOptions options, HostKeys keys)
    {
        IConfiguration configuration = Configuration(options, keys);
        ServiceCollection services = [];
        services.AddSingleton(options.Logging);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(options.Time);
        services.AddRuntime(options).AddQueues(options).AddExecutors(options).AddStores(options);
        services.AddSingleton<ISegmentEvents, SegmentEvents>();
        services.AddSingleton<Resumption>();
        services.AddHpoServerless(configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>The settings that the Functions app reads, as the host's options have them.</summary>
    private static IConfiguration Configuration(EmbeddedHostOptions options, HostKeys keys)
    {
        Dictionary<string, string?> settings = new()
        {
            [$"{HpoOptions.Section}:{nameof(HpoOptions.DataFolder)}"] = options.DataFolder ?? Path.GetTempPath(),
            [$"{HpoOptions.Section}:{nameof(HpoOptions.TrialKey)}"] = keys.TrialKey,
            [$"{HpoOptions.Section}:{nameof(HpoOptions.PublicUrl)}"] = options.PublicUrl?.ToString(),
        };
        settings[$"{HpoOptions.Section}:{AccessKeys.Section}:master"] = $"operator:{keys.Master}";
        settings[$"{HpoOptions.Section}:{AccessKeys.Section}:key"] = $"operator:{keys.Function}";
        foreach ((string key, string? value) in options.HttpPort is null ? [] : SettingsOfEnvironment().Concat(options.Settings))
        {
            settings[key] = value;
        }

        if (options.StorageConnection is { } connection)
        {
            settings[StorageOptions.Section] = connection;
        }

        if (options.Executors is null && !options.WithoutSites)
        {
            foreach ((string key, string? value) in Sectioned(Sites(options.DataFolder)))
            {
                settings[key] = value;
            }
        }

        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }

    /// <summary>What the environment says about who may do what, and about limits. Not that App Service authentication is there: nothing stands before this host.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> SettingsOfEnvironment() =>
        from variable in new ConfigurationBuilder().AddEnvironmentVariables($"{HpoOptions.Section}__").Build().AsEnumerable()
        let key = $"{HpoOptions.Section}:{variable.Key}"
        where variable.Value is not null && AccessSettings.All.Concat(ServiceSettings.Limits).Any(setting => setting != AccessSettings.Authentication && setting.Matches(key))
        select KeyValuePair.Create(key, variable.Value);

    /// <summary>The sites in the data folder's <c>sites.json</c>, and above them those of the environment.</summary>
    internal static IConfigurationRoot Sites(string? dataFolder)
    {
        ConfigurationBuilder sites = new();
        if (dataFolder is { } folder)
        {
            sites.AddJsonFile(Path.GetFullPath(Path.Combine(folder, SitesFile.Name)), optional: true);
        }

        try
        {
            return sites.AddEnvironmentVariables($"{SiteRegistry.Section}__").Build();
        }
        catch (InvalidDataException error)
        {
            throw new InvalidInputException(new Fault(SitesFile.Name, null, $"must be JSON: {error.InnerException?.Message ?? error.Message}"));
        }
    }

    /// <summary>The same in the section where <see cref="SiteRegistry"/> reads it.</summary>
    internal static IConfiguration AsSection(IConfiguration sites) => new ConfigurationBuilder().AddInMemoryCollection(Sectioned(sites)).Build();

    private static IEnumerable<KeyValuePair<string, string?>> Sectioned(IConfiguration sites) =>
        sites.AsEnumerable().Select(setting => KeyValuePair.Create($"{SiteRegistry.Section}:{setting.Key}", setting.Value));

    private static IServiceCollection AddRuntime(this IServiceCollection services, EmbeddedHostOptions options) => services
        .AddSingleton(_ => new LocalDurableRuntime(new()
        {
            TimeProvider = options.Time,
            LoggerFactory = options.Logging,
            MaxFinishedInstances = FinishedInstancesKept,
            ReplayEveryEvent = options.ReplayEveryEvent,
        }))
        .AddSingleton<DurableTaskClient>(s => s.GetRequiredService<LocalDurableRuntime>().Client);

    private static IServiceCollection AddQueues(this IServiceCollection services, EmbeddedHostOptions options) => options.StorageConnection is null
        ? services
            .AddSingleton<MemoryQueues>()
            .AddSingleton<IQueueProvider>(s => s.GetRequiredService<MemoryQueues>())
            .AddSingleton<ITrialQueue, MemoryTrialQueue>()
        : services.AddSingleton<IQueueProvider, AzureQueues>();

    private static IServiceCollection AddExecutors(this IServiceCollection services, EmbeddedHostOptions options)
    {
        if (options.Executors is { } create)
        {
            return services.AddSingleton<IExecutors>(s => new ExecutorDirectory(create(s)));
        }

        string folder = options.DataFolder ?? throw new InvalidInputException(
            new Fault(nameof(options.DataFolder), null, "is missing: programs need a folder to run in"));
        return services
            .AddSingleton(new ProcessExecutorOptions { WorkFolder = folder, MaxWorkers = options.MaxWorkers, InputFolder = options.InputFolder })
            .AddSingleton<ITrialExecutor, ProcessExecutor>();
    }

    private static IServiceCollection AddStores(this IServiceCollection services, EmbeddedHostOptions options) => services.AddSingleton(s =>
    {
        StoreSet stores = options.Stores
            ?? (options.DataFolder is null && options.StorageConnection is null ? MemoryStores.Create() : s.GetRequiredService<InstalledStores>().All);
        return options.OnlyExperiments.IsEmpty ? stores : stores with { Experiments = new ChosenExperimentStore(stores.Experiments, options.OnlyExperiments) };
    });
}
