using System.Globalization;
using Azure.Data.Tables;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The order of experiments: one row each, whose key begins with the time that is left after its creation, so that the newest sorts first.</summary>
/// <remarks>
/// <para>A row says where an experiment would stand; whether it exists, its own head says, which names this very key. A row is written before its head and removed before it,
/// so that no experiment is ever missing here; a row that a crash left without a head is passed over.</para>
/// <para>Summaries are not repeated here: another table cannot be part of a commit, so every turn would cost a second write, and lists could still show the past.
/// A list reads the heads instead: one point read each, some at a time.</para>
/// </remarks>
internal sealed class ExperimentIndex(TableGateway rows)
{
    private const string Partition = "experiments";
    private const string IdColumn = "Experiment";
    private const int TicksLength = 19;

    private static readonly string[] Wanted = ["PartitionKey", "RowKey"];

    public static string KeyOf(ExperimentKey key) =>
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.MaxValue.Ticks - key.CreatedAt.UtcTicks:D19}-{key.Id}");

    public Task PutAsync(ExperimentRecord experiment, string key, CancellationToken cancellation)
    {
        TableEntity row = new(Partition, key) { [IdColumn] = experiment.Id };
        Columns.WriteText(row, "Project", experiment.Definition.Project);
        Columns.WriteTime(row, "CreatedAt", experiment.Summary.CreatedAt);
        return rows.PutAsync(row, cancellation);
    }

    public Task DeleteAsync(string key, CancellationToken cancellation) => rows.DeleteAsync(Partition, key, cancellation);

    /// <summary>Keys after another one, newest first.</summary>
    public async Task<(List<ExperimentKey> Keys, bool More)> TakeAsync(ExperimentKey? after, int count, CancellationToken cancellation)
    {
        string last = after is null ? "" : KeyOf(after);
        (List<TableEntity> found, bool more) = await rows.TakeAsync($"PartitionKey eq {Partition} and RowKey gt {last}", count, cancellation, Wanted);
        return ([.. found.Select(row => Read(row.RowKey))], more);
    }

    private ExperimentKey Read(string key)
    {
        int dash = key.IndexOf('-', StringComparison.Ordinal);
        return dash == TicksLength
            && long.TryParse(key.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out long left)
            && left <= DateTime.MaxValue.Ticks
                ? new(new DateTimeOffset(DateTime.MaxValue.Ticks - left, TimeSpan.Zero), key[(dash + 1)..])
                : throw new CorruptDataException(rows.Describe(Partition, key), $"its key must be {TicksLength} digits, a dash and an id");
    }
}
