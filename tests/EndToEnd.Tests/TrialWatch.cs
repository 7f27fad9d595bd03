using System.Text.Json;
using HpoServerless.Adapters.Stores;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.EndToEnd.Tests;

/// <summary>Looks at an experiment from outside, again and again: what was once seen ended must stay as it was.</summary>
internal sealed class TrialWatch(StoreSet stores, string id)
{
    private readonly Dictionary<int, string> _ended = [];

    /// <summary>How many trials have ended.</summary>
    public async Task<int> CountAsync() => (await stores.Experiments.FindAsync(id, CancellationToken.None))?.Summary.Trials.Ended ?? 0;

    /// <summary>Looks at every trial.</summary>
    /// <returns>The trials by number.</returns>
    public async Task<List<Trial>> LookAsync()
    {
        List<Trial> trials = [];
        string? continuation = null;
        do
        {
            Page<Trial> page = await stores.Trials.ListAsync(id, new(1000, continuation), CancellationToken.None);
            trials.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal(Enumerable.Range(1, trials.Count), trials.Select(t => t.Number));
        foreach (Trial trial in trials.Where(t => t.IsFinal))
        {
            _ended.TryAdd(trial.Number, JsonSerializer.Serialize(trial, EngineJson.Options));
        }

        Assert.All(_ended, e => Assert.Equal(e.Value, JsonSerializer.Serialize(trials[e.Key - 1], EngineJson.Options)));
        return trials;
    }

    /// <summary>Demands what an experiment of <see cref="Workplace.Project"/> must be in the end, whatever happened on the way.</summary>
    public async Task DemandWholeAsync()
    {
        List<Trial> trials = await LookAsync();
        ExperimentSummary summary = (await stores.Experiments.FindAsync(id, CancellationToken.None))!.Summary;

        Assert.Equal(ExperimentStatus.Succeeded, summary.Status);
        Assert.Equal(new TrialCounts(Completed: Workplace.Trials), summary.Trials);
        Assert.Equal(Workplace.Trials, trials.Count);
        Assert.All(trials, t =>
        {
            double x = t.Configuration["x"].AsDouble();
            Assert.Equal((TrialStatus.Completed, x * x, 0), (t.Status, t.Value!.Value, t.Segment));
            Assert.Single(t.Reports);
        });
        Assert.Equal(trials.Min(t => t.Value), summary.Best!.Value);
    }
}
