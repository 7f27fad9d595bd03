namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>A place between two lines of a journal.</summary>
/// <param name="Offset">Bytes before it.</param>
/// <param name="Chain">Checksum of the line before it; 0 at the beginning.</param>
/// <param name="Lines">Lines before it.</param>
internal readonly record struct JournalPosition(long Offset, uint Chain, long Lines);
