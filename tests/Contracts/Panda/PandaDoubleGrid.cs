using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HpoServerless.Contracts.Panda;

/// <summary>The grid behind the double: takes tasks through their statuses, and runs their jobs.</summary>
/// <param name="server">Says how.</param>
/// <param name="tasks">All tasks, by their numbers; whoever touches them holds the server's gate.</param>
internal sealed class PandaDoubleGrid(PandaDouble server, SortedDictionary<long, PandaDoubleTask> tasks) : IAsyncDisposable
{
    private static readonly string[] Beginning = ["registered", "defined", "assigning", "ready", "scouting", "running"];

    private readonly List<Task> _runs = [];
    private readonly Dictionary<string, double> _shares = [];
    private ITimer? _clockwork;
    private long _lastJob = 9_000_000;
    private bool _ending;

    /// <summary>Begins to work.</summary>
    public void Begin() => _clockwork = server.Time.CreateTimer(_ => Step(), null, server.StepEvery, server.StepEvery);

    /// <summary>A number for another job.</summary>
    public long NextJob() => ++_lastJob;

    public async ValueTask DisposeAsync()
    {
        Task[] runs;
        if (_clockwork is not null)
        {
            await _clockwork.DisposeAsync();
        }

        lock (server.Gate)
        {
            _ending = true;
            foreach (PandaDoubleJob job in tasks.Values.SelectMany(task => task.Jobs))
            {
                job.Run?.Kill();
            }

            runs = [.. _runs];
        }

        await Task.WhenAll(runs);
    }

    private void Step()
    {
        lock (server.Gate)
        {
            if (_ending)
            {
                return;
            }

            foreach (PandaDoubleTask task in tasks.Values)
            {
                Step(task);
            }
        }
    }

    private void Step(PandaDoubleTask task)
    {
        switch (task.Status)
        {
            case "toabort" or "aborting":
                task.Jobs.ForEach(job => job.Run?.Kill());
                task.Change(task.Status == "toabort" ? "aborting" : "aborted", null, server.Time.GetUtcNow());
                break;
            case "toretry" or "toincexec":
                task.IsRedone = true;
                task.Change("ready", null, server.Time.GetUtcNow());
                break;
            case "running" when server.JobFolder is not null:
                Run(task);
                break;
            case "finishing":
                task.Jobs.ForEach(job => job.Run?.Kill());
                task.Change(task.Jobs.Any(job => job.Status == "finished") ? "finished" : "failed", null, server.Time.GetUtcNow());
                break;
            case "running":
                break;
            default:
                int at = Array.IndexOf(Beginning, task.Status);
                if (at >= 0 && server.JobFolder is not null)
                {
                    bool isUnknownSite = Beginning[at] == "defined" && task.Sites.Length > 0 && !Array.Exists(task.Sites, server.Sites.Contains);
                    task.Change(isUnknownSite ? "broken" : Beginning[at + 1], isUnknownSite ? $"unknown site {string.Join(',', task.Sites)}" : null, server.Time.GetUtcNow());
                }

                break;
        }
    }

    private void Run(PandaDoubleTask task)
    {
        int running = tasks.Values.Sum(t => t.Jobs.Count(job => job.Status == "running"));
        PandaDoubleJob? last = task.IsRedone ? null : task.Jobs.LastOrDefault();
        if (last is null)
        {
            if (running < server.Slots)
            {
                task.IsRedone = false;
                Start(task, attempt: 1);
            }
        }
        else if (last.Status == "finished")
        {
            task.Change("done", null, server.Time.GetUtcNow());
        }
        else if (last.Status == "failed")
        {
            if (task.RetriesItself && last.Attempt < task.MaxAttempt)
            {
                Start(task, last.Attempt + 1);
            }
            else
            {
                task.Change("failed", $"no job succeeded: {last.Error}", server.Time.GetUtcNow());
            }
        }
    }

    /// <summary>Whether this one is among a share of all: of a share of 0.2 every fifth.</summary>
    private bool IsHit(string what, double share)
    {
        double sum = _shares.GetValueOrDefault(what) + share;
        bool hit = sum >= 1 - 1e-9;
        _shares[what] = hit ? sum - 1 : sum;
        return hit;
    }

    private void Start(PandaDoubleTask task, int attempt)
    {
        PandaDoubleJob job = new(NextJob()) { Status = "running", Attempt = attempt };
        task.Jobs.Add(job);
        task.Modified = server.Time.GetUtcNow();
        if (IsHit("fail", server.FailShare))
        {
            (job.Status, job.Error) = ("failed", "the worker node was lost");
            return;
        }

        string folder = Path.Combine(server.JobFolder!, job.Id.ToString(CultureInfo.InvariantCulture));
        try
        {
            job.Run = PandaDoubleRun.Start(task, folder, server.Cache);
        }
        catch (InvalidDataException error)
        {
            (job.Status, job.Error) = ("failed", error.Message);
            return;
        }

        _runs.Add(FollowAsync(task, job, job.Run, folder));
    }

    private async Task FollowAsync(PandaDoubleTask task, PandaDoubleJob job, PandaDoubleRun run, string folder)
    {
        int code = await run.EndAsync();
        string path = Path.Combine(folder, "userJobMetadata.json");
        JsonNode? metadata = null;
        if (code == 0 && File.Exists(path) && new FileInfo(path).Length <= server.MetadataLimit)
        {
            try
            {
                metadata = JsonNode.Parse(await File.ReadAllTextAsync(path));
            }
            catch (JsonException)
            {
                // The server keeps what it can read.
            }
        }

        lock (server.Gate)
        {
            job.Run = null;
            job.Status = code == 0 ? "finished" : "failed";
            job.Error = code == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"the payload ended with exit code {code}");
            job.Metadata = IsHit("metadata", server.MetadataLossShare) ? null : metadata;
            task.Modified = server.Time.GetUtcNow();
        }
    }
}
