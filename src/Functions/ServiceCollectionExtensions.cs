using System.Collections.Immutable;
using Azure.Storage.Queues;
using HpoServerless.Adapters.Executors;
using HpoServerless.Adapters.Queues;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Entries;
using HpoServerless.Functions.Health;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;
using HpoServerless.Orchestrations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions;

/// <summary>Composes the product.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>Adds everything that the functions need. What a host registered before counts: stores, queue, executors, clock.</summary>
    /// <exception cref="InvalidInputException">The configuration is not complete or not valid; lists all faults.</exception>
    public static IServiceCollection AddHpoServerless(this IServiceCollection services, IConfiguration configuration)
    {
        List<Fault> faults = [];
        HpoOptions options = HpoOptions.Read(configuration, faults);
        ImmutableArray<Func<SiteServices, ITrialExecutor>> sites = SiteRegistry.Read(configuration, faults);
        if (!services.Has<IExecutors>())
        {
            IEnumerable<string> names = configuration.GetSection(SiteRegistry.Section).GetChildren().Select(site => site.Key);
            options.Access.CheckPrices([.. services.Has<ITrialExecutor>() ? names.Prepend(SiteRegistry.Reserved) : names], faults);
        }

        if (faults.Count > 0)
        {
            throw new InvalidInputException([.. faults]);
        }

        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ITrialQueue>(s => CreateQueue(options, s.GetRequiredService<ILogger<AzureTrialQueue>>()));
        services.TryAddSingleton<IExecutors, ExecutorDirectory>();
        return services.AddSites(sites).AddStores().AddActivities().AddServices();
    }

    /// <summary>Whether the host brought one along.</summary>
    private static bool Has<T>(this IServiceCollection services) => services.Any(service => service.ServiceType == typeof(T));

    private static IServiceCollection AddSites(this IServiceCollection services, ImmutableArray<Func<SiteServices, ITrialExecutor>> sites)
    {
        foreach (Func<SiteServices, ITrialExecutor> create in sites)
        {
            services.AddSingleton(s => create(new(
                s.GetRequiredService<IArtifactStore>(),
                s.GetRequiredService<ITrialAccess>(),
                s.GetService<ISegmentEvents>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILoggerFactory>())
            {
                Rows = s.GetRequiredService<IRowStore>(),
                DataFolder = s.GetRequiredService<HpoOptions>().DataFolder,
            }));
        }

        return services;
    }

    private static IServiceCollection AddStores(this IServiceCollection services)
    {
        services.AddSingleton<InstalledStores>();
        services.TryAddSingleton(s => s.GetRequiredService<InstalledStores>().All);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Experiments);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Inbox);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Turns);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Trials);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Projects);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Artifacts);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Rows);
        services.AddSingleton(s => s.GetRequiredService<StoreSet>().Audit);
        return services;
    }

    private static IServiceCollection AddActivities(this IServiceCollection services) => services
        .AddSingleton<ExperimentCache>()
        .AddSingleton<AdvanceExperiment>()
        .AddSingleton<SubmitSegment>()
        .AddSingleton<PollSegment>()
        .AddSingleton<CollectSegment>()
        .AddSingleton<CancelSegment>()
        .AddSingleton<TrialDispatcher>()
        .AddSingleton<Reconciler>()
        .AddSingleton<RunningTrials>()
        .AddSingleton<ReportIntake>()
        .AddSingleton<SegmentDesk>();

    private static IServiceCollection AddServices(this IServiceCollection services) => services
        .AddSingleton<CallerReader>()
        .AddSingleton<Ownership>()
        .AddSingleton<ContinuationSeal>()
        .AddSingleton<AuditTrail>()
        .AddSingleton<Quotas>()
        .AddSingleton<Answers>()
        .AddSingleton<HealthChecks>()
        .AddSingleton<ExperimentService>()
        .AddSingleton<ProjectService>()
        .AddSingleton<TrialService>()
        .AddSingleton<RemoteSegmentService>()
        .AddSingleton<TrialLogService>()
        .AddSingleton<TrialGate>()
        .AddSingleton<WorkBoards>()
        .AddSingleton<WorkerService>()
        .AddSingleton<AskTellService>()
        .AddSingleton<WarmStarts>()
        .AddSingleton<TrialTokens>()
        .AddSingleton<TrialAccess>()
        .AddSingleton<ITrialAccess>(s => s.GetRequiredService<TrialAccess>());

    private static AzureTrialQueue CreateQueue(HpoOptions options, ILogger logger)
    {
        QueueServiceClient queues = (options.Storage ?? throw new InvalidInputException(
            new Fault(StorageOptions.Section, null, "is missing: messages to trials need a queue"))).CreateQueues(QueueMessageEncoding.Base64, logger);
        return new(queues.GetQueueClient(TrialQueue.QueueName));
    }
}
