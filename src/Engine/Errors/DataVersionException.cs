namespace HpoServerless.Engine.Errors;

/// <summary>Stored data have a newer version than this program knows. Nothing was read or changed.</summary>
/// <param name="where">The data folder or storage account.</param>
/// <param name="found">Version of the data.</param>
/// <param name="known">Newest version that this program reads.</param>
/// <param name="writer">The program that wrote it.</param>
public sealed class DataVersionException(string where, int found, int known, string writer)
    : HpoException($"{where} holds data of version {found}, written by HpoServerless {writer}; this program reads versions up to {known}. Run HpoServerless {writer} or newer, or give this program data of its own (docs/operations.md, Rollback)")
{
    /// <summary>Version of the data.</summary>
    public int Found { get; } = found;

    /// <summary>Newest version that this program reads.</summary>
    public int Known { get; } = known;

    /// <inheritdoc/>
    public override RetryAdvice Retry => RetryAdvice.Never;
}
