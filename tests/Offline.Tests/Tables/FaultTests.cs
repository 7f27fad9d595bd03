using System.Net;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using HpoServerless.Contracts.Azurite;

namespace HpoServerless.Offline.Tests.Tables;

public sealed class FaultTests(AzuriteFixture azurite) : IDisposable
{
    private readonly FaultInjectingHandler _faults = new();

    public void Dispose() => _faults.Dispose();

    [Fact]
    public async Task ServerBusy_isRetried()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.ServerBusy, times: 2).Inject(HttpFault.OperationTimedOut);
        await table.AddEntityAsync(new TableEntity("p", "r"));
        Assert.Equal((4, 0), (_faults.Requests, _faults.Waiting));
    }

    [Fact]
    public async Task ServerBusy_tooOften_isReported()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.ServerBusy, times: 4);
        await EntityTests.FailsAsync(503, "ServerBusy", () => table.AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal(4, _faults.Requests);
        Assert.False((await table.GetEntityIfExistsAsync<TableEntity>("p", "r")).HasValue);
    }

    [Fact]
    public async Task Forbidden_isNotRetried()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.Refuse(HttpStatusCode.Forbidden, "AuthorizationPermissionMismatch"));
        await EntityTests.FailsAsync(403, TableErrorCode.AuthorizationPermissionMismatch, () => table.AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal(1, _faults.Requests);
    }

    [Fact]
    public async Task TableBeingDeleted_isReportedThoughTheTableMayExist()
    {
        TableServiceClient service = await azurite.ServiceAsync(_faults);
        _faults.Inject(HttpFault.Refuse(HttpStatusCode.Conflict, "TableBeingDeleted"));
        await EntityTests.FailsAsync(409, TableErrorCode.TableBeingDeleted, () => service.CreateTableIfNotExistsAsync("anything"));
    }

    [Fact]
    public async Task LostAnswer_addMeetsItself()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.LostAnswer);
        await EntityTests.FailsAsync(409, TableErrorCode.EntityAlreadyExists, () => table.AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal(2, _faults.Requests);
    }

    [Fact]
    public async Task LostAnswer_transactionMeetsItself()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.LostAnswer, when: static r => r.RequestUri!.AbsolutePath.EndsWith("$batch", StringComparison.Ordinal));
        TableTransactionFailedException failure = await Assert.ThrowsAsync<TableTransactionFailedException>(
            () => table.SubmitTransactionAsync([new(TableTransactionActionType.Add, new TableEntity("p", "r"))]));
        Assert.Equal((409, 0), (failure.Status, failure.FailedTransactionActionIndex));
    }

    [Fact]
    public async Task Delay_waitsForItsClock()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System)).Inject(HttpFault.None).Inject(HttpFault.ServerBusy);
        await table.AddEntityAsync(new TableEntity("p", "1"));
        await table.AddEntityAsync(new TableEntity("p", "2"));
        await table.AddEntityAsync(new TableEntity("p", "3"));
        Assert.Equal((4, 0), (_faults.Requests, _faults.Waiting));
    }

    [Theory]
    [InlineData(false, new[] { 2, 2, 1 })]
    [InlineData(true, new[] { 0, 2, 0, 2, 0, 1 })]
    public async Task ShortPages_areFollowedToTheEnd(bool emptyFirst, int[] sizes)
    {
        TableClient table = await azurite.TableAsync(_faults);
        for (int i = 0; i < 5; i++)
        {
            await table.AddEntityAsync(new TableEntity("p", $"r{i}"));
        }

        _faults.Inject(HttpFault.ShortPage(2, emptyFirst), times: 100, when: static r => r.Method == HttpMethod.Get);
        List<Page<TableEntity>> pages = await table.QueryAsync<TableEntity>("PartitionKey eq 'p'").AsPages().ToListAsync();
        Assert.Equal(sizes, pages.Select(static p => p.Values.Count));
        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], pages.SelectMany(static p => p.Values).Select(static e => e.RowKey));
    }

    [Fact]
    public async Task XmlError_isUnderstood()
    {
        TableClient table = await azurite.TableAsync(_faults);
        _faults.Inject(HttpFault.Refuse(HttpStatusCode.BadRequest, "OutOfRangeInput"));
        _faults.AnswerInXml = true;
        await EntityTests.FailsAsync(400, TableErrorCode.OutOfRangeInput, () => table.AddEntityAsync(new TableEntity("p", "r")));
    }

    [Fact]
    public async Task StrangeError_keepsItsStatus()
    {
        using ProxyPageHandler proxy = new();
        TableClientOptions options = new() { Transport = new Azure.Core.Pipeline.HttpClientTransport(proxy) };
        TableClient table = new("UseDevelopmentStorage=true", "table", options);
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", "r")));
        Assert.Equal(((int)HttpStatusCode.ProxyAuthenticationRequired, null), (failure.Status, failure.ErrorCode));
    }

    private sealed class ProxyPageHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.ProxyAuthenticationRequired) { Content = new StringContent("<html><br></html>") });
    }
}
