using System.Collections.Immutable;
using System.Security.Cryptography;
using HpoServerless.Cli.Commands.Experiments;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Functions.Http;

namespace HpoServerless.Cli.Commands.Run;

/// <summary>Starts several independent experiments in a service, and waits for them on demand.</summary>
/// <param name="context">The world around.</param>
/// <param name="service">The service.</param>
/// <param name="wait">Whether to wait for their ends.</param>
/// <param name="asJson">Whether what is printed is JSON.</param>
internal sealed class IndependentRun(CliContext context, ServedExperiments service, bool wait, bool asJson)
{
    /// <returns>The exit code.</returns>
    /// <exception cref="UnavailableException">The service does not answer; what was started goes on.</exception>
    public async Task<int> RunAsync(
        ProjectDocument document, ReadOnlyMemory<byte> scripts, string? id, RunOverrides overrides, int number, CancellationToken cancellation)
    {
        id ??= IndependentExperiments.IdFor(document.Name, context.Time.GetUtcNow());
        ulong first = overrides.Seed ?? document.Hpo.Extras.Seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        List<ExperimentView> views = [];
        foreach (ulong seed in IndependentExperiments.Seeds(first, number))
        {
            string own = IndependentExperiments.IdOf(id, views.Count);
            views.Add(await service.StartAsync(
                document.Name, document.ToJson(), scripts, own, RunCommand.Request(document.Name, overrides with { Seed = seed }), cancellation));
            context.Error.WriteLine($"experiment {own}, seed {seed}");
        }

        if (wait)
        {
            return await WaitAsync(views, overrides.TimeLimit ?? document.Hpo.Extras.TimeLimit, cancellation);
        }

        if (asJson)
        {
            return new IndependentReport(context).Print(views, asJson);
        }

        views.ForEach(view => context.Output.WriteLine(view.Id));
        return ExitCode.Done;
    }

    private async Task<int> WaitAsync(List<ExperimentView> views, TimeSpan? limit, CancellationToken cancellation)
    {
        try
        {
            ImmutableArray<IAsyncEnumerable<ExperimentView>> looks = [.. views.Select(view => new ServiceWatch(context, service).LooksAsync(view.Id, cancellation))];
            ExperimentView[] ended = new ExperimentView[looks.Length];
            await new ProgressDisplay(context, limit).FollowAsync(IndependentExperiments.FollowAsync(looks, ended, cancellation));
            return new IndependentReport(context).Print(ended, asJson);
        }
        catch (Exception error) when (error is OperationCanceledException or UnavailableException)
        {
            context.Error.WriteLine("the experiments go on without us; look with: hpo experiment list --url URL");
            throw;
        }
    }
}
