using System.Collections.Immutable;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.LocalHost.Tests.Hosting;

/// <summary>Starts hosts and experiments, and waits for their ends.</summary>
internal static class Embedded
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static SearchSpace Space { get; } = SearchSpace.Parse("""{"x": {"method": "uniform", "dimension": {"low": -1, "high": 1}}}""");

    public static ExperimentDefinition Definition(int trials = 20, int concurrent = 4) => new()
    {
        Project = "parabola",
        Space = Space,
        Metric = "loss",
        Mode = OptimizationMode.Min,
        Scheduler = new("none"),
        NumTrials = trials,
        MaxConcurrent = concurrent,
        Seed = 7,
        Program = new() { Scripts = "scripts/none.zip", Script = "train.py", Model = "train" },
    };

    public static Func<IServiceProvider, ImmutableArray<ITrialExecutor>> Objective(Func<SegmentWork, double> objective) =>
        services => [FunctionExecutor.Of(services.GetRequiredService<ISegmentEvents>(), objective)];

    public static Func<IServiceProvider, ImmutableArray<ITrialExecutor>> Program(Func<SegmentWork, CancellationToken, Task<SegmentOutcome>> program) =>
        services => [new FunctionExecutor(services.GetRequiredService<ISegmentEvents>(), program)];

    public static double Square(SegmentWork work) => Math.Pow(work.Configuration["x"].AsDouble(), 2);

    public static T Get<T>(this EmbeddedHost host)
        where T : notnull => host.Services.GetRequiredService<T>();

    public static Task RunAsync(this EmbeddedHost host, string id, ExperimentDefinition definition) =>
        host.Get<ExperimentService>().StartAsync(host.Client, id, definition, Caller.Host, CancellationToken.None);

    public static Task<ExperimentSummary> EndAsync(this EmbeddedHost host, string id) => host.UntilAsync(id, s => s.IsFinal);

    public static async Task<ExperimentSummary> UntilAsync(this EmbeddedHost host, string id, Func<ExperimentSummary, bool> holds)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            ExperimentSummary summary = (await host.Get<ExperimentService>().FindAsync(id, patience.Token)).Summary;
            if (holds(summary))
            {
                return summary;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    public static async Task<ImmutableArray<Trial>> TrialsAsync(this EmbeddedHost host, string id)
    {
        List<Trial> trials = [];
        string? continuation = null;
        do
        {
            Page<Trial> page = await host.Get<ITrialStore>().ListAsync(id, new(1000, continuation), CancellationToken.None);
            trials.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return [.. trials];
    }
}
