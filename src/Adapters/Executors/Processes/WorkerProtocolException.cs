namespace HpoServerless.Adapters.Executors.Processes;

/// <summary>A worker said what the protocol does not allow: it is beyond trust and is ended.</summary>
internal sealed class WorkerProtocolException(string message, Exception? innerException = null) : Exception(message, innerException);
