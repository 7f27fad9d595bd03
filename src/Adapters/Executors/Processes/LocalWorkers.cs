using System.Diagnostics;
using HpoServerless.Engine.Experiments;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Workers on this machine: they see the files of the host where the host has them.</summary>
internal sealed class LocalWorkers(ProcessExecutorOptions options, TrialFolders folders, TimeProvider time, ILogger logger) : IWorkerHost, IWorkerPlace
{
    public string Interpreter => $"'{options.Python}'";

    public string Advice => "set HPO_PYTHON to a Python 3.9 or newer, or install one";

    public Task<PythonWorker> StartAsync(SegmentRun run, CancellationToken cancellation)
    {
        if (!Directory.Exists(Path.Combine(options.HarnessPath, "hpo_trial")))
        {
            throw new WorkerStartException($"the package hpo_trial is not in {options.HarnessPath}", Advice);
        }

        ProcessStartInfo start = new(options.Python, ["-m", "hpo_trial", "worker"]);
        string harness = Path.GetFullPath(options.HarnessPath);
        start.Environment["PYTHONPATH"] = start.Environment.TryGetValue("PYTHONPATH", out string? inherited) && !string.IsNullOrEmpty(inherited)
            ? harness + Path.PathSeparator + inherited
            : harness;
        return PythonWorker.StartAsync(start, this, run.Scripts, options.WorkerStartTimeout, time, logger, cancellation);
    }

    public string? ScriptsAt(string? scripts) => scripts;

    public string FolderOf(SegmentId segment) => folders.Of(segment);

    public ValueTask<SegmentBeginning> PlaceAsync(SegmentId segment, SegmentBeginning beginning, CancellationToken cancellation) => ValueTask.FromResult(beginning);

    public ValueTask<WorkerEvent.Saved> FetchAsync(WorkerEvent.Saved saved, string folder, CancellationToken cancellation) => ValueTask.FromResult(saved);

    public ValueTask CollectAsync(SegmentId segment, CancellationToken cancellation) => ValueTask.CompletedTask;

    public void KillGroup(int group) => ProcessGroup.Kill(group);

    public string? WhyLost(WorkerExit exit, string? words) => null;

    public void Release()
    {
        // The machine has room for as many as the pool lets in.
    }
}
