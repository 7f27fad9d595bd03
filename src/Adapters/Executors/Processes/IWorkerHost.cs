namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>Starts workers: on this machine, or on another one that files are carried to.</summary>
internal interface IWorkerHost
{
    /// <summary>Starts an interpreter and waits until it is ready.</summary>
    /// <param name="run">The segment that it is started for.</param>
    /// <param name="cancellation">Gives up; nothing is left running.</param>
    /// <exception cref="WorkerStartException">It cannot be started, or says something else than that it is ready.</exception>
    /// <exception cref="Engine.Errors.UnavailableException">The machine cannot be reached.</exception>
    Task<TrialWorker> StartAsync(SegmentRun run, CancellationToken cancellation);
}
