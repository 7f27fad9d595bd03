using HpoServerless.Contracts.Stores;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Adapters.Tests.Stores.Journal;

public sealed class FileAuditStoreTests : AuditStoreContract, IDisposable
{
    private readonly JournalTestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_line_that_a_crash_tore_takes_no_other_with_it()
    {
        string folder = _folder.NewFolder();
        IAuditStore log = _folder.Open(folder).All.Audit;
        await log.AppendAsync(Entry(0), default);
        await File.AppendAllTextAsync(Path.Combine(folder, "audit", "2026-03-01.jsonl"), "{\"id\": \"12");
        await log.AppendAsync(Entry(1), default);

        Assert.Equal([Entry(1), Entry(0)], (await log.ListAsync(new(), new(), default)).Items);
    }

    protected override Task<(IAuditStore Log, Func<Task<IAuditStore>>? Another)> CreateAsync()
    {
        string folder = _folder.NewFolder();
        return Task.FromResult<(IAuditStore, Func<Task<IAuditStore>>?)>((_folder.Open(folder).All.Audit, () => Task.FromResult(_folder.Open(folder).All.Audit)));
    }
}
