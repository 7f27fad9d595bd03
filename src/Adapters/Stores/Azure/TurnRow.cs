using Azure.Data.Tables;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The row of a turn.</summary>
internal static class TurnRow
{
    public const string Value = "Turn";

    /// <summary>Hash of the turn: how a commit whose answer was lost is recognised.</summary>
    public const string Content = "Content";

    public static TableEntity Create(string experiment, Turn turn, StoredValue value, RowValues values)
    {
        TableEntity row = new(experiment, RowKeys.Turn(turn.Number)) { [Content] = value.Hash };
        Columns.WriteTime(row, "At", turn.At);
        row["Events"] = turn.Events.Length;
        row["Decisions"] = turn.Decisions.Length;
        Columns.WriteText(row, "Decided", string.Join("; ", turn.Decisions.Select(static d => d.Trial > 0 ? $"{d.Action} {d.Trial}" : $"{d.Action}")));
        values.Add(row, Value, value);
        return row;
    }
}
