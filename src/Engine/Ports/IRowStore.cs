using System.Collections.Immutable;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Engine.Ports;

/// <summary>Small values that several processes change together: each is written only where nobody wrote it since it was read.</summary>
/// <remarks>
/// A partition and a key are 1 to 200 of <c>A-Z a-z 0-9 . _ -</c>. <see cref="UnavailableException"/> where the storage does not answer; whether the call had its effect is then not known,
/// and a repeated write may meet its own work: whoever writes reads again and looks.
/// </remarks>
public interface IRowStore
{
    /// <summary>Longest content, in characters.</summary>
    const int MaxContent = 30_000;

    /// <summary>A row, or null where there is none.</summary>
    Task<StoredRow?> FindAsync(string partition, string key, CancellationToken cancellation);

    /// <summary>All rows of a partition, by ascending key (ordinal).</summary>
    Task<ImmutableArray<StoredRow>> ListAsync(string partition, CancellationToken cancellation);

    /// <summary>Writes a row.</summary>
    /// <param name="partition">Where.</param>
    /// <param name="key">Its key.</param>
    /// <param name="content">At most <see cref="MaxContent"/> characters.</param>
    /// <param name="version">The version that it replaces; null where there must be none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The row as it is now; null, and nothing is changed, where the version is another, or the row is there or missing against what was said.</returns>
    /// <exception cref="InvalidInputException">A key or the content breaks a rule.</exception>
    Task<StoredRow?> PutAsync(string partition, string key, string content, string? version, CancellationToken cancellation);

    /// <summary>Removes a row.</summary>
    /// <returns>False, and nothing is changed, where the row has another version or is missing.</returns>
    Task<bool> DeleteAsync(string partition, string key, string version, CancellationToken cancellation);
}

/// <summary>A row as it was when it was read.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Content">What it holds.</param>
/// <param name="Version">Changes with every write; never the same again for this key.</param>
public sealed record StoredRow(string Key, string Content, string Version);
