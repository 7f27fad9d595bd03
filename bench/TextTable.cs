namespace HpoServerless.Bench;

/// <summary>Columns for a terminal.</summary>
internal static class TextTable
{
    /// <param name="to">Where it is written.</param>
    /// <param name="rows">The heads first; all equally long. The first column is put to the left, the others to the right.</param>
    public static void Write(TextWriter to, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            to.WriteLine(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
        }
    }
}
