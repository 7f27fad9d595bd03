using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Contracts.Executors;
using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Orchestrations.Tests.Upgrades;

/// <summary>Experiments in a store that a release leaves behind and a later one goes on with. One segment runs after the other, so that the same happens always.</summary>
internal sealed class StoredRun(StoreSet stores)
{
    private const string Ended = "done";
    private const string Running = "running";
    private const string Example = "example";

    private readonly Workshop _shop = new(RunAsync, stores);

    /// <summary>Fills an empty store: an experiment that has ended, one that runs, and one that has a bit of everything.</summary>
    public async Task FillAsync()
    {
        await _shop.CreateAsync(Small, Ended);
        await DriveAsync(Ended, int.MaxValue);
        await _shop.CreateAsync(Small, Running);
        await DriveAsync(Running, 5);

        await stores.Experiments.CreateAsync(StoreExamples.Experiment(Example, 3), default);
        Trial rich = StoreExamples.Trial(1, steps: 4) with { Checkpoints = [new(3, "c", 10, new('a', 64))], Budget = 4, Attempts = 2, Site = "pool", Reason = "why not" };
        await stores.Turns.CommitAsync(Example, StoreExamples.Commit(1, [StoreExamples.Reported(1, 1)], [rich, StoreExamples.Trial(2, 2, "boom")], "state"), default);
        await stores.Turns.SaveSnapshotAsync(Example, StoreExamples.Snapshot(1, 2), default);
        SegmentId segment = new(Example, 1, 0);
        Checkpoint checkpoint = new(9, "c", 10, new('b', 64));
        foreach (ExperimentEvent waiting in (ExperimentEvent[])
        [
            StoreExamples.Reported(1, 2),
            new TrialCheckpointed(segment.CheckpointEventId(checkpoint), 1, 0, checkpoint),
            new SegmentBegan(segment.BeginEventId(1), 1, 0, StoreExamples.At(1)),
            new TrialRestored(segment.RestoreEventId(1), 1, 0, 3, "from step 3"),
            StoreExamples.Ended(1),
            StoreExamples.Command("k"),
        ])
        {
            await stores.Inbox.PostAsync(Example, waiting, default);
        }

        await stores.Projects.PutAsync(new("digits", JsonSerializer.Deserialize<JsonElement>("""{"a": [1, 2.5, null]}"""), "projects/digits.zip"), default);
        await stores.Artifacts.PutAsync("logs/running/1.txt", Encoding.UTF8.GetBytes("a line\n"), default);
        await stores.Rows.PutAsync("p", "k", "content", version: null, default);
    }

    /// <summary>Takes over what runs, as the host of a later release does, and lets it end.</summary>
    public Task FinishAsync()
    {
        _shop.Clock.Advance(TimeSpan.FromHours(1));
        return DriveAsync(Running, int.MaxValue);
    }

    /// <summary>All that the store says.</summary>
    public async Task<JsonObject> TellAsync()
    {
        JsonObject all = [];
        foreach (ExperimentRecord record in (await stores.Experiments.ListAsync(new(100), default)).Items.OrderBy(record => record.Id, StringComparer.Ordinal))
        {
            all.Add(record.Id, new JsonObject
            {
                ["definition"] = Node(record.Definition),
                ["summary"] = Node(record.Summary),
                ["trials"] = Node((await stores.Trials.ListAsync(record.Id, new(1000), default)).Items),
                ["turns"] = Node(await stores.Turns.ReadAsync(record.Id, 1, default).ToArrayAsync()),
                ["waiting"] = Node(await stores.Inbox.ReadAsync(record.Id, 1000, default)),
                ["snapshot"] = Node(await stores.Turns.FindSnapshotAsync(record.Id, default)),
            });
        }

        all.Add("project", Node(await stores.Projects.FindAsync("digits", default)));
        all.Add("artifact", Encoding.UTF8.GetString((await stores.Artifacts.FindAsync("logs/running/1.txt", default))!.Value.Span));
        all.Add("row", (await stores.Rows.FindAsync("p", "k", default))!.Content);
        return all;
    }

    /// <summary>What came out, without the times.</summary>
    public async Task<JsonObject> ResultsAsync()
    {
        JsonObject all = [];
        foreach (string id in (string[])[Ended, Running])
        {
            ExperimentSummary summary = (await stores.Experiments.FindAsync(id, default))!.Summary;
            all.Add(id, new JsonObject
            {
                ["status"] = Node(summary.Status),
                ["best"] = Node(summary.Best),
                ["trials"] = Node((await stores.Trials.ListAsync(id, new(1000), default)).Items
                    .Select(trial => new { trial.Number, trial.Configuration, trial.Status, trial.Value, trial.LastStep, trial.Error }).ToArray()),
            });
        }

        return all;
    }

    private static ExperimentDefinition Small(ExperimentDefinition definition) => definition with
    {
        NumTrials = 12,
        Algorithm = new("halton"),
        Stopping = new() { Failures = null },
        Checkpoint = new() { Every = 0 },
    };

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, EngineJson.Options);

    private static Task<SegmentOutcome> RunAsync(SegmentWork work, CancellationToken cancellation)
    {
        double x = work.Configuration["x"].AsDouble();
        Report Report(long step, double loss) => StoreExamples.Report(step, loss);
        return Task.FromResult((work.Segment.Trial % 4) switch
        {
            2 => FunctionExecutor.Ended(SegmentStatus.Failed, "out of memory"),
            3 => new SegmentOutcome { Status = SegmentStatus.Completed, Site = "local", Attempts = 1, Reports = [Report(1, double.NaN), Report(2, x), Report(3, x / 2)] },
            _ => new SegmentOutcome { Status = SegmentStatus.Completed, Site = "local", Attempts = 1, Reports = [Report(1, (x - 0.3) * (x - 0.3))] },
        });
    }

    /// <summary>Advances and runs segments in the order in which they are asked for, until the experiment has ended or enough of them have.</summary>
    private async Task DriveAsync(string id, int segments)
    {
        for (int turn = 1, run = 0; ;)
        {
            TurnReceipt receipt = await _shop.Advance.RunAsync(new(id, turn), default);
            turn = receipt.NextTurn;
            if (receipt.Finished)
            {
                return;
            }

            while (_shop.Sent.TryDequeue(out TrialMessage? message))
            {
                if (message.Kind == TrialMessageKind.Start && await RunAsync(new SegmentRun(message.Segment) { Site = message.Site }) && ++run >= segments)
                {
                    return; // its end waits, and others were asked for
                }
            }

            _shop.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<bool> RunAsync(SegmentRun run)
    {
        if (await _shop.Submit.RunAsync(run, default) is not { } handle)
        {
            return false;
        }

        run = run with { Handle = handle };
        while (await _shop.Poll.RunAsync(run, default) == SegmentProgress.Running)
        {
            await Task.Yield();
        }

        return await _shop.Collect.RunAsync(run, default);
    }
}
