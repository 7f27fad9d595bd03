namespace HpoServerless.Adapters.Stores.Versions;

/// <summary>Makes data of one version into data of the next, while programs of the new version wait.</summary>
/// <remarks>
/// It may be killed at any moment and is then run again from its start, possibly over data that it has changed already, so it must look before it changes.
/// The token is cancelled where another process took over. Experiments that run are part of the data: in a journal folder it writes an experiment only with its <c>WriterLock</c>.
/// </remarks>
/// <param name="To">Version that there is afterwards.</param>
/// <param name="What">What it does, for the log.</param>
/// <param name="RunAsync">Does it.</param>
internal sealed record DataStep(int To, string What, Func<CancellationToken, Task> RunAsync);
