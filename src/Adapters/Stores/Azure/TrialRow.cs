using Azure.Data.Tables;
using HpoServerless.Engine.Experiments;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The row of a trial. Its plain columns are for people; only the value counts.</summary>
internal static class TrialRow
{
    public const string Value = "Trial";

    public static TableEntity Create(string experiment, Trial trial, RowValues values)
    {
        TableEntity row = new(experiment, RowKeys.Trial(trial.Number));
        Columns.WriteText(row, "Status", trial.Status.ToString());
        Columns.WriteNumber(row, "Result", trial.Value);
        Columns.WriteJson(row, "Configuration", trial.Configuration);
        row["Segment"] = trial.Segment;
        row["Attempts"] = trial.Attempts;
        row["Reports"] = trial.Reports.Length;
        row["LastStep"] = trial.LastStep;
        Columns.WriteText(row, "Reason", trial.Reason);
        Columns.WriteText(row, "Error", trial.Error);
        Columns.WriteText(row, "Site", trial.Site);
        Columns.WriteTime(row, "StartedAt", trial.StartedAt);
        Columns.WriteTime(row, "EndedAt", trial.EndedAt);
        values.Add(row, Value, StoredValue.Of(trial));
        return row;
    }
}
