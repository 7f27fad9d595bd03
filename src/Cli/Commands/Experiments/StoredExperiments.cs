using System.Runtime.CompilerServices;
using System.Text;
using HpoServerless.Adapters.Executors.Processes;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Journal;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Http;
using HpoServerless.Functions.Services;

namespace HpoServerless.Cli.Commands.Experiments;

/// <summary>The experiments of a store. Reading works while another process runs them; commands do not.</summary>
/// <param name="stores">The store.</param>
/// <param name="commands">Gives commands to experiments that nobody runs.</param>
/// <param name="dataFolder">Where the trials ran, those that ran here.</param>
/// <param name="owned">Closed with this object; null: nothing is.</param>
internal sealed class StoredExperiments(StoreSet stores, IdleExperiments commands, string dataFolder, IDisposable? owned) : IExperimentClient
{
    private const int PageSize = 1000;

    /// <summary>The experiments of a data folder.</summary>
    public static StoredExperiments Open(string dataFolder, CliContext context)
    {
        JournalStores journal = new(dataFolder, context.Time);
        return new(journal.All, new(journal.All, dataFolder, context.Time), dataFolder, journal);
    }

    public async Task<ExperimentView> FindAsync(string id, CancellationToken cancellation) =>
        await ExperimentView.WithFrontAsync(await RecordAsync(id, cancellation), stores.Trials, cancellation);

    /// <summary>An experiment as it stands, without its Pareto front.</summary>
    public async Task<ExperimentView> GlanceAsync(string id, CancellationToken cancellation) => ExperimentView.Of(await RecordAsync(id, cancellation));

    public IAsyncEnumerable<ExperimentView> ListAsync(CancellationToken cancellation) =>
        PagesAsync(page => stores.Experiments.ListAsync(page, cancellation), ExperimentView.Of, cancellation);

    public async IAsyncEnumerable<TrialView> TrialsAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await RecordAsync(id, cancellation);
        await foreach (TrialView trial in PagesAsync(page => stores.Trials.ListAsync(id, page, cancellation), TrialView.Of, cancellation))
        {
            yield return trial;
        }
    }

    public async Task<ExplanationView> ExplainAsync(string id, int trial, CancellationToken cancellation)
    {
        await RecordAsync(id, cancellation);
        return ExplanationView.Of(await stores.Trials.FindAsync(id, trial, cancellation) ?? throw new NotFoundException("trial", $"{trial} of experiment {id}"));
    }

    public async Task<string> LogAsync(string id, int trial, CancellationToken cancellation)
    {
        await RecordAsync(id, cancellation);
        using MemoryStream log = new();
        return await stores.Artifacts.CopyToAsync(TrialLog.NameFor(id, trial), log, cancellation)
            || await LogFiles.CopyAsync(dataFolder, id, trial, log, cancellation)
                ? Encoding.UTF8.GetString(log.GetBuffer().AsSpan(0, (int)log.Length))
                : throw new NotFoundException("log of trial", $"{trial} of experiment {id}");
    }

    public async Task<string?> CommandAsync(string id, ExperimentCommand command, CancellationToken cancellation) =>
        await commands.CommandAsync(await RecordAsync(id, cancellation), command, cancellation);

    public async Task DeleteAsync(string id, CancellationToken cancellation) => await commands.DeleteAsync(await RecordAsync(id, cancellation), cancellation);

    public void Dispose() => owned?.Dispose();

    private async Task<ExperimentRecord> RecordAsync(string id, CancellationToken cancellation) =>
        (ExperimentIds.IsValid(id) ? await stores.Experiments.FindAsync(id, cancellation) : null) ?? throw new NotFoundException("experiment", id);

    private static async IAsyncEnumerable<TView> PagesAsync<TItem, TView>(
        Func<PageRequest, Task<Page<TItem>>> read, Func<TItem, TView> view, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? continuation = null;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            Page<TItem> page = await read(new(PageSize, continuation));
            foreach (TItem item in page.Items)
            {
                yield return view(item);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }
}
