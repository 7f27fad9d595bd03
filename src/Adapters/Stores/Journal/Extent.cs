namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Where a line stands in its file.</summary>
/// <param name="Offset">Offset of its first byte.</param>
/// <param name="Length">Its bytes, without the line feed.</param>
internal readonly record struct Extent(long Offset, int Length);
