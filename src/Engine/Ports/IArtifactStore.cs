using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Ports;

/// <summary>Files by name: script archives, logs, checkpoints. Names are relative paths with <c>/</c>, of <c>A-Z a-z 0-9 . _ -</c>, without <c>..</c>.</summary>
public interface IArtifactStore
{
    /// <summary>Writes a file, all or nothing, over one of the same name.</summary>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    /// <exception cref="ConflictException">The store is a file system, and the name needs a folder where a file stands, or the other way round.</exception>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Writes a file of any size, all or nothing, over one of the same name. Holds a few MiB of it in memory at most, where the store is not memory itself.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Read from where it stands to its end; left open.</param>
    /// <param name="cancellation">Gives up; nothing is changed then.</param>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    /// <exception cref="ConflictException">As in the other form.</exception>
    Task PutAsync(string name, Stream content, CancellationToken cancellation);

    /// <summary>The content of a file, or null where there is none.</summary>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    Task<ReadOnlyMemory<byte>?> FindAsync(string name, CancellationToken cancellation);

    /// <summary>Writes the content of a file of any size to a stream, a few MiB at a time.</summary>
    /// <returns>Whether there is such a file; false has written nothing. Where the copying fails, a part may have been written.</returns>
    /// <exception cref="InvalidInputException">The name breaks the rule.</exception>
    Task<bool> CopyToAsync(string name, Stream destination, CancellationToken cancellation);

    /// <summary>Removes all files whose names begin with <paramref name="prefix"/>.</summary>
    /// <exception cref="InvalidInputException">No name can begin so.</exception>
    Task DeleteAsync(string prefix, CancellationToken cancellation);
}
