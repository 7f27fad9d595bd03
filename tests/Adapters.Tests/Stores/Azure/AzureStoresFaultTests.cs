using System.Net;
using HpoServerless.Adapters.Stores;
using HpoServerless.Adapters.Stores.Azure;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using static HpoServerless.Adapters.Tests.Stores.Azure.AzuriteStores;
using static HpoServerless.Contracts.Stores.StoreExamples;

namespace HpoServerless.Adapters.Tests.Stores.Azure;

/// <summary>What the service does on its bad days, and what becomes of it.</summary>
public sealed class AzureStoresFaultTests(AzuriteFixture azurite) : IDisposable
{
    private const int Tries = 4; // one request and its three repetitions

    private readonly FaultInjectingHandler _faults = new();
    private readonly string _prefix = NewPrefix();

    public void Dispose() => _faults.Dispose();

    [Fact]
    public async Task PassingErrors_areRepeated()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        _faults.Inject(HttpFault.ServerBusy, times: 2).Inject(HttpFault.OperationTimedOut)
            .Inject(HttpFault.None)
            .Inject(HttpFault.Refuse(HttpStatusCode.RequestTimeout, "RequestTimedOut")).Inject(HttpFault.Refuse(HttpStatusCode.TooManyRequests, "TooManyRequests"));

        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        Assert.True(await stores.Turns.CommitAsync("e", Commit(1, [Reported(1, 1)], [Trial(1)]), default));

        Assert.Equal(0, _faults.Waiting);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, "ServerBusy")]
    [InlineData(HttpStatusCode.InternalServerError, "OperationTimedOut")]
    [InlineData(HttpStatusCode.TooManyRequests, "TooManyRequests")]
    public async Task ErrorsThatStay_areUnavailable_andChangeNothing(HttpStatusCode status, string code)
    {
        StoreSet stores = await OpenWithExperimentAsync();
        TurnCommit commit = Commit(1, trials: [Trial(1)]);

        await UnavailableAsync(() => stores.Turns.CommitAsync("e", commit, default), HttpFault.Refuse(status, code), Tries);
        await UnavailableAsync(() => stores.Inbox.PostAsync("e", Reported(1, 1), default), HttpFault.Refuse(status, code), Tries);
        await UnavailableAsync(() => stores.Trials.FindAsync("e", 1, default), HttpFault.Refuse(status, code), Tries);
        await UnavailableAsync(() => stores.Trials.ListAsync("e", new(), default), HttpFault.Refuse(status, code), Tries);
        await UnavailableAsync(() => stores.Artifacts.FindAsync("a", default), HttpFault.Refuse(status, code), Tries);

        Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
        Assert.True(await stores.Turns.CommitAsync("e", commit, default));
    }

    [Fact]
    public async Task NoAccess_isUnavailable_atOnce()
    {
        StoreSet stores = await OpenWithExperimentAsync();

        await UnavailableAsync(
            () => stores.Inbox.PostAsync("e", Reported(1, 1), default), HttpFault.Refuse(HttpStatusCode.Forbidden, "AuthorizationPermissionMismatch"), times: 1);
    }

    [Fact]
    public async Task Commit_whoseAnswerIsLost_isRecognised()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        await stores.Inbox.PostAsync("e", Reported(1, 1), default);
        TurnCommit commit = Commit(1, [Reported(1, 1)], [Trial(1)]);
        _faults.Inject(HttpFault.LostAnswer, when: IsTransaction);

        Assert.True(await stores.Turns.CommitAsync("e", commit, default));

        Assert.Equal(0, _faults.Waiting);
        Assert.True(await stores.Turns.CommitAsync("e", Commit(2), default));
    }

    [Fact]
    public async Task Commit_whoseAnswersAreAllLost_isRecognisedWhenTriedAgain()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        TurnCommit commit = Commit(1, trials: [Trial(1)]);
        await UnavailableAsync(() => stores.Turns.CommitAsync("e", commit, default), HttpFault.LostAnswer, Tries, IsTransaction);

        Assert.False(await stores.Turns.CommitAsync("e", Commit(1, trials: [Trial(2)]), default));
        Assert.True(await stores.Turns.CommitAsync("e", commit, default));

        AssertSame([commit.Turn], await stores.Turns.ReadAsync("e", 1, default).ToListAsync());
    }

    [Fact]
    public async Task Commit_thatTimesOutBefore_isRepeated()
    {
        StoreSet stores = await OpenWithExperimentAsync(Options(_prefix, _faults) with { NetworkTimeout = TimeSpan.FromSeconds(1) });
        _faults.Inject(HttpFault.Delay(TimeSpan.FromHours(1), TimeProvider.System), when: IsTransaction);

        Assert.True(await stores.Turns.CommitAsync("e", Commit(1), default));

        Assert.Equal(0, _faults.Waiting);
    }

    [Fact]
    public async Task Call_thatGetsNoAnswerAtAll_isUnavailable()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        StoreSet impatient = await AzureStores.CreateAsync(
            (await azurite.StartAsync()).ConnectionString, Options(_prefix, _faults) with { CallTimeout = TimeSpan.FromSeconds(5), NetworkTimeout = TimeSpan.FromHours(1) }, default);
        _faults.Inject(HttpFault.Delay(TimeSpan.FromHours(1), TimeProvider.System), when: IsPost);

        await Assert.ThrowsAsync<UnavailableException>(() => impatient.Inbox.PostAsync("e", Reported(1, 1), default));

        Assert.Empty(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task Call_thatIsCancelledWhileItWaits_ends()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        using CancellationTokenSource cancel = new();
        _faults.Inject(
            HttpFault.Delay(TimeSpan.FromHours(1), TimeProvider.System),
            when: r =>
            {
                cancel.CancelAfter(TimeSpan.FromMilliseconds(1));
                return IsPost(r);
            });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stores.Inbox.PostAsync("e", Reported(1, 1), cancel.Token));
    }

    [Fact]
    public async Task Post_whoseAnswerIsLost_waitsOnce()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        _faults.Inject(HttpFault.LostAnswer, when: IsPost);

        await stores.Inbox.PostAsync("e", Reported(1, 1), default);

        Assert.Equal(0, _faults.Waiting);
        Assert.Single(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task Event_thatTheServiceDoesNotTake_doesNotTakeOthersAlong()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        _faults.Inject(HttpFault.Refuse(HttpStatusCode.BadRequest, "InvalidInput"), times: 1, when: r => IsTransaction(r) && Rows(r) > 1);

        await Task.WhenAll(Enumerable.Range(1, 40).Select(step => stores.Inbox.PostAsync("e", Reported(1, step), default)));

        Assert.Equal(0, _faults.Waiting);
        Assert.Equal(40, (await stores.Inbox.ReadAsync("e", 100, default)).Length);

        static int Rows(HttpRequestMessage request) => request.Content!.ReadAsStringAsync().GetAwaiter().GetResult().Split("POST ").Length - 1;
    }

    [Fact]
    public async Task Inbox_takesEventsAgain_afterAFault()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        await UnavailableAsync(() => stores.Inbox.PostAsync("e", Reported(1, 1), default), HttpFault.ServerBusy, Tries, IsPost);

        await stores.Inbox.PostAsync("e", Reported(1, 2), default);

        Assert.Single(await stores.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task Event_leftByAnExperimentThatIsGone_isRemovedByTheNextOfThatId()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        StoreSet late = await azurite.OpenAsync(_prefix);
        await late.Inbox.PostAsync("e", Reported(1, 1), default);
        await stores.Experiments.DeleteAsync("e", default);
        await late.Inbox.PostAsync("e", Reported(1, 2), default); // it saw the experiment a moment ago
        Assert.Single(await late.Inbox.ReadAsync("e", 10, default));

        Assert.True(await stores.Experiments.CreateAsync(Experiment("e", createdAt: 1), default));

        Assert.Empty(await late.Inbox.ReadAsync("e", 10, default));
    }

    [Fact]
    public async Task Create_whoseAnswerIsLost_isRecognised()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        _faults.Inject(HttpFault.LostAnswer, when: IsPost);

        Assert.True(await stores.Experiments.CreateAsync(Experiment("f", createdAt: 1), default));

        Assert.Equal(["f", "e"], (await stores.Experiments.ListAsync(new(), default)).Items.Select(e => e.Id));
    }

    [Fact]
    public async Task ErrorsInXml_areUnderstood()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        _faults.AnswerInXml = true;

        await UnavailableAsync(() => stores.Trials.FindAsync("e", 1, default), HttpFault.ServerBusy, Tries);
        await UnavailableAsync(() => stores.Inbox.PostAsync("e", Reported(1, 1), default), HttpFault.Refuse(HttpStatusCode.NotFound, "TableNotFound"), times: 1);
    }

    [Theory]
    [InlineData("TableBeingDeleted", "")]
    [InlineData("ContainerBeingDeleted", "comp")]
    public async Task Create_waitsForANameThatIsBeingDeleted(string code, string marker)
    {
        HttpFault blocked = HttpFault.Refuse(HttpStatusCode.Conflict, code);
        bool Creates(HttpRequestMessage r) => marker.Length == 0
            ? r.RequestUri!.AbsolutePath.EndsWith("/Tables", StringComparison.Ordinal)
            : r.RequestUri!.Query.Contains("restype=container", StringComparison.Ordinal);
        _faults.Inject(blocked, times: 3, when: Creates);

        StoreSet stores = await OpenWithExperimentAsync();

        Assert.Equal(0, _faults.Waiting);
        Assert.NotNull(await stores.Experiments.FindAsync("e", default));
        _faults.Inject(blocked, times: 1000, when: Creates);
        await Assert.ThrowsAsync<UnavailableException>(() => azurite.OpenAsync(_prefix, _faults));
    }

    [Fact]
    public async Task TableThatIsGone_isUnavailable()
    {
        StoreSet stores = await OpenWithExperimentAsync();
        await (await azurite.TableAsync(_prefix)).DeleteAsync();
        await (await azurite.TableAsync(_prefix, "inbox")).DeleteAsync();

        await Assert.ThrowsAsync<UnavailableException>(() => stores.Turns.CommitAsync("e", Commit(1), default));
        await Assert.ThrowsAsync<UnavailableException>(() => stores.Inbox.ReadAsync("e", 1, default));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AccountName=a;AccountKey=!;TableEndpoint=http://127.0.0.1/a;BlobEndpoint=http://127.0.0.1/a")]
    public async Task ConnectionStringThatIsNone_isRefused_withoutRepeatingIt(string text)
    {
        InvalidInputException refused = await Assert.ThrowsAsync<InvalidInputException>(() => AzureStores.CreateAsync(text, new(), default));

        Assert.Null(Assert.Single(refused.Faults).Value);
    }

    private async Task UnavailableAsync(Func<Task> call, HttpFault fault, int times, Func<HttpRequestMessage, bool>? when = null)
    {
        _faults.Inject(fault, times, when);
        await Assert.ThrowsAsync<UnavailableException>(call);
        Assert.Equal(0, _faults.Waiting);
    }

    private async Task<StoreSet> OpenWithExperimentAsync(AzureStoreOptions? options = null)
    {
        StoreSet stores = await AzureStores.CreateAsync((await azurite.StartAsync()).ConnectionString, options ?? Options(_prefix, _faults), default);
        Assert.True(await stores.Experiments.CreateAsync(Experiment("e"), default));
        return stores;
    }
}
