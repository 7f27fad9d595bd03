using Azure.Data.Tables;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The row of an experiment itself.</summary>
internal static class HeadRow
{
    public const string Definition = "Definition";
    public const string Summary = "Summary";
    public const string Turn = "Turn";
    public const string Folder = "Folder";
    public const string IndexKey = "IndexKey";
    public const string Deleting = "Deleting";

    // Both share one entity, and a merged row keeps the parts of a longer summary before.
    private const int MaxDefinition = 480 << 10;
    private const int MaxSummary = 240 << 10;

    /// <summary>The row of a new experiment, without its values.</summary>
    public static TableEntity Create(ExperimentRecord experiment, string folder, string indexKey, RowValues values)
    {
        TableEntity row = new(experiment.Id, RowKeys.Head)
        {
            [Folder] = folder,
            [IndexKey] = indexKey,
        };
        ExperimentDefinition definition = experiment.Definition;
        Columns.WriteText(row, "Project", definition.Project);
        Columns.WriteText(row, "Metric", definition.Metric);
        Columns.WriteText(row, "Mode", definition.Mode.ToString());
        Columns.WriteText(row, "Algorithm", definition.Algorithm.Name);
        Columns.WriteText(row, "Scheduler", definition.Scheduler.Name);
        Columns.WriteText(row, "Site", definition.Site);
        row["NumTrials"] = definition.NumTrials;
        values.Add(row, Definition, StoredValue.Of(definition), MaxDefinition);
        WriteSummary(row, experiment.Summary.Turn, experiment.Summary, values);
        return row;
    }

    /// <summary>What a commit merges into the row, without the value.</summary>
    public static TableEntity Change(string id, int turn, ExperimentSummary summary, RowValues values)
    {
        TableEntity row = new(id, RowKeys.Head);
        WriteSummary(row, turn, summary, values);
        return row;
    }

    private static void WriteSummary(TableEntity row, int turn, ExperimentSummary summary, RowValues values)
    {
        row[Turn] = turn;
        Columns.WriteText(row, "Status", summary.Status.ToString());
        Columns.WriteText(row, "Reason", summary.Reason);
        Columns.WriteTime(row, "CreatedAt", summary.CreatedAt);
        Columns.WriteTime(row, "UpdatedAt", summary.UpdatedAt);
        row["Trials"] = summary.Trials.Total;
        row["Running"] = summary.Trials.Running;
        row["Paused"] = summary.Trials.Paused;
        row["Completed"] = summary.Trials.Completed;
        row["Failed"] = summary.Trials.Failed;
        row["Stopped"] = summary.Trials.Stopped;
        if (summary.Best is { } best)
        {
            row["BestTrial"] = best.Trial;
            Columns.WriteNumber(row, "BestValue", best.Value);
            Columns.WriteJson(row, "BestConfiguration", best.Config);
        }

        values.Add(row, Summary, StoredValue.Of(summary), MaxSummary);
    }
}
