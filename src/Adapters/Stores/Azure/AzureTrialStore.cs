using System.Globalization;
using Azure.Data.Tables;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>Trials, one row each.</summary>
internal sealed class AzureTrialStore(TableGateway rows, ValueStore values) : ITrialStore
{
    public async Task<Trial?> FindAsync(string experiment, int number, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (number < 1 || await rows.FindAsync(experiment, RowKeys.Trial(number), cancellation) is not { } row)
        {
            return null;
        }

        return await values.ReadAsync<Trial>(row, TrialRow.Value, rows.Describe(experiment, row.RowKey), cancellation);
    }

    public async Task<Page<Trial>> ListAsync(string experiment, PageRequest page, CancellationToken cancellation)
    {
        int size = Paging.CheckSize(page);
        string last = RowKeys.Trial(Paging.LastTrial(page));
        (List<TableEntity> found, bool more) = await rows.TakeAsync(
            $"PartitionKey eq {experiment} and RowKey gt {last} and RowKey lt {RowKeys.TrialsEnd}", size, cancellation);
        Trial[] trials = await values.ReadAllAsync<Trial>(found, TrialRow.Value, rows, cancellation);
        return new([.. trials], more ? trials[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }
}
