using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Ports;

/// <summary>Files by name: script archives, logs, checkpoints. Names are relative paths with <c>/</c>, of <c>A-Z a-z 0-9 . _ -</c>, without <c>..</c>.</summary>
public interface IArtifactStore
{
    /// <summary>Writes a file, all or nothing, over one of the same name.</summary>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    /// <exception cref="ConflictException">The store is a file system, and the name needs a folder where a file stands, or the other way round.</exception>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>The content of a file, or null where there is none.</summary>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation);

    /// <summary>Removes all files whose names begin with <paramref name="prefix"/>.</summary>
    /// <exception cref="InvalidInputException">No name can begin so.</exception>
    Task DeleteAsync(string prefix, CancellationToken cancellation);
}
