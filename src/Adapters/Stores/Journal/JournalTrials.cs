using System.Runtime.InteropServices;
using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Journal;

/// <summary>The trials of one journal by number. Rows are read when their trial is wanted, so that opening a long journal costs little. Not safe for many threads.</summary>
internal sealed class JournalTrials
{
    private readonly List<Entry> _entries = [];

    /// <summary>Takes in a trial that is known.</summary>
    public void Put(Trial trial) => At(trial.Number) = new(trial, null);

    /// <summary>Takes in a row by its place.</summary>
    /// <param name="number">Number of the trial.</param>
    /// <param name="goesOn">Whether the row needs the one before.</param>
    /// <param name="row">Where the row stands.</param>
    public void Add(int number, bool goesOn, Extent row)
    {
        ref Entry entry = ref At(number);
        if (!goesOn)
        {
            entry = new(null, [row]);
            return;
        }

        entry = entry with { Rows = entry.Rows ?? [] };
        entry.Rows.Add(row);
    }

    /// <summary>A trial by its number if it is known without reading; otherwise null.</summary>
    public Trial? FindKnown(int number) => Has(number) && _entries[number - 1] is { Rows: null, Known: { } trial } ? trial : null;

    /// <summary>A trial by its number; null where there is none.</summary>
    /// <param name="number">The number.</param>
    /// <param name="read">Reads a row.</param>
    /// <exception cref="JsonException">A row is not as it should be.</exception>
    public Trial? Find(int number, Func<Extent, byte[]> read)
    {
        if (!Has(number))
        {
            return null;
        }

        ref Entry entry = ref At(number);
        if (entry.Rows is { } rows)
        {
            Trial? trial = entry.Known;
            foreach (Extent row in rows)
            {
                trial = TrialRow.Read(read(row), trial);
            }

            entry = new(trial, null);
        }

        return entry.Known;
    }

    public Page<Trial> List(PageRequest page, Func<Extent, byte[]> read) => Paging.Trials(page, _entries.Count, number => Find(number, read));

    private bool Has(int number) => number >= 1 && number <= _entries.Count;

    private ref Entry At(int number)
    {
        while (_entries.Count < number)
        {
            _entries.Add(default);
        }

        return ref CollectionsMarshal.AsSpan(_entries)[number - 1];
    }

    /// <param name="Known">The trial as it was before the rows; null where there was none, or nobody asked.</param>
    /// <param name="Rows">Rows that were not read, in order; null where there are none.</param>
    private readonly record struct Entry(Trial? Known, List<Extent>? Rows);
}
