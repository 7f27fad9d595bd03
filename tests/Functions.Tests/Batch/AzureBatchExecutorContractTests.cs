using System.IO.Compression;
using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Batch;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;

namespace HpoServerless.Functions.Tests.Batch;

/// <summary>The Batch executor against the strict double of an account, whose nodes run the real harness with real programs.</summary>
public sealed class AzureBatchExecutorContractTests : TrialExecutorContract
{
    private const string Harness = "https://store.example/hpo_trial.zip";

    private static readonly TimeSpan PauseGrace = TimeSpan.FromSeconds(3);
    private static readonly byte[] HarnessZip = ZipHarness();

    private readonly List<IAsyncDisposable> _made = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("hpo-batch-contract-").FullName;
    private SegmentService? _service;

    [Fact]
    public override async Task Reports_that_are_not_taken_ride_in_the_outcome()
    {
        int refusals = 2; // a program elsewhere tries until they are taken
        Events.Answer = (_, _, _) => refusals-- > 0 ? throw new IOException("the store is away") : Task.FromResult(new TrialDirective(DirectiveAction.Continue));
        SegmentWork work = Work("three_steps") with { Until = 1 };
        SegmentOutcome outcome = await RunAsync(work);
        Assert.Equal(SegmentStatus.Completed, outcome.Status);
        Assert.Equal([1, 2, 3], AllReports(work, outcome).Select(r => r.Step));
    }

    protected override async ValueTask<ITrialExecutor> CreateAsync()
    {
        if (_service is null)
        {
            _service = new(Events, Artifacts) { PauseGrace = PauseGrace };
            await _service.StartAsync();
        }

        BatchDouble account = await BatchDouble.StartAsync(Path.Combine(_folder, $"nodes-{_made.Count}"));
        account.Pools["pool"].SlotsPerNode = 2;
        account.Blobs[Harness] = HarnessZip;
        BatchOptions options = new()
        {
            Endpoint = account.Endpoint,
            Pool = "pool",
            Harness = new(Harness),
            PollEvery = TimeSpan.FromMilliseconds(100),
            GatherFor = TimeSpan.FromMilliseconds(5),
            PauseGrace = PauseGrace * 2, // what the program does not do, its task's end does
            Transport = new HttpClientTransport(account.CreateHandler()),
        };
        AzureBatchExecutor executor = new(options, new FixedCredential(account.Token), _service, _service);
        _made.AddRange([executor, account]);
        return new ServedExecutor(executor, _service);
    }

    protected override ValueTask<ITrialExecutor> CreateElsewhereAsync() => CreateAsync();

    protected override async ValueTask DestroyAsync()
    {
        foreach (IAsyncDisposable made in _made)
        {
            await made.DisposeAsync();
        }

        await _service!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static byte[] ZipHarness()
    {
        string root = Path.Combine(AppContext.BaseDirectory, "python");
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string file in Directory.EnumerateFiles(root, "*.py", SearchOption.AllDirectories))
            {
                zip.CreateEntryFromFile(file, Path.GetRelativePath(root, file));
            }
        }

        return bytes.ToArray();
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
