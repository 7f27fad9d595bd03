namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>No worker process could be started. The message says what to do.</summary>
internal sealed class WorkerStartException(string problem, string advice, Exception? innerException = null)
    : Exception($"cannot start a Python worker: {problem}; {advice}", innerException);
