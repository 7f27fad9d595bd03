using HpoServerless.Engine.Experiments;
using Microsoft.Win32.SafeHandles;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>Where an experiment stood at some place of its journal, so that a list need not read whole journals.</summary>
/// <param name="Position">The place, after a whole line.</param>
/// <param name="Summary">The summary there.</param>
internal sealed record SummaryFile(JournalPosition Position, ExperimentSummary Summary)
{
    /// <summary>Whether the journal has this very line before the place.</summary>
    public static bool Holds(JournalPosition position, SafeFileHandle journal)
    {
        Span<byte> seal = stackalloc byte[LineSeal.Length + 1];
        long from = position.Offset - seal.Length;
        return from >= 0
            && RandomAccess.GetLength(journal) >= position.Offset
            && RandomAccess.Read(journal, seal, from) == seal.Length
            && seal[^1] == '\n'
            && LineSeal.Is(seal[..^1], position.Chain);
    }
}
