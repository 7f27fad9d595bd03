namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>No worker process could be started. The message says what to do.</summary>
internal sealed class WorkerStartException(string problem, Exception? innerException = null)
    : Exception($"cannot start a Python worker: {problem}; set HPO_PYTHON to a Python 3.9 or newer, or install one", innerException);
