using System.Text.Json;
using Spectre.Console;

namespace HpoServerless.Cli.Output;

/// <summary>Prints results: tables on a terminal, aligned text elsewhere, JSON on demand.</summary>
/// <param name="context">Where to.</param>
internal sealed class Printer(CliContext context)
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A JSON document over several lines.</summary>
    public void Json(JsonElement document) => context.Output.WriteLine(JsonSerializer.Serialize(document, Indented));

    /// <summary>Any value as JSON on one line.</summary>
    public void JsonLine<T>(T value) => context.Output.WriteLine(JsonSerializer.Serialize(value, Compact));

    /// <summary>One line of text.</summary>
    public void Line(string text) => context.Output.WriteLine(text);

    /// <summary>A remark that is no result.</summary>
    public void Note(string text) => context.Error.WriteLine(text);

    /// <summary>A table with a header.</summary>
    /// <param name="columns">Header; shape [c].</param>
    /// <param name="rows">Cells; shape [r, c].</param>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows) => Table(columns, rows, -1, _ => "default");

    /// <summary>A table with a header, and a column that has colours on a terminal.</summary>
    /// <param name="columns">Header; shape [c].</param>
    /// <param name="rows">Cells; shape [r, c].</param>
    /// <param name="column">The column with colours; -1 for none.</param>
    /// <param name="colour">The name of a cell's colour.</param>
    public void Table(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows, int column, Func<string, string> colour)
    {
        if (context.IsOutputTerminal)
        {
            DrawTable(columns, rows, column, colour);
            return;
        }

        int[] widths = [.. columns.Select((column, c) => rows.Select(row => row[c].Length).Append(column.Length).Max())];
        foreach (IReadOnlyList<string> row in rows.Prepend(columns))
        {
            context.Output.WriteLine(string.Join("  ", row.Select((cell, c) => c == row.Count - 1 ? cell : cell.PadRight(widths[c]))).TrimEnd());
        }
    }

    /// <summary>A document as a table of its members, one level deep for nested configurations.</summary>
    /// <param name="document">An object.</param>
    /// <param name="nested">Members that are shown member by member.</param>
    public void Members(JsonElement document, params IReadOnlyCollection<string> nested)
    {
        IEnumerable<IReadOnlyList<string>> rows = document.EnumerateObject().SelectMany(member =>
            nested.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object
                ? member.Value.EnumerateObject().Select(inner => (IReadOnlyList<string>)[$"{member.Name}.{inner.Name}", Shown(inner.Value)])
                : [[member.Name, Shown(member.Value)]]);
        Table(["name", "value"], [.. rows]);
    }

    private static string Shown(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonSerializer.Serialize(value, Compact);

    private void DrawTable(IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows, int coloured, Func<string, string> colour)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(column)}[/]")));
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow([.. row.Select((cell, c) => c == coloured ? new Text(cell, Style.Parse(colour(cell))) : new Text(cell))]);
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(context.Output) }).Write(table);
    }
}
