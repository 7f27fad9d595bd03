using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Batch;
using HpoServerless.Contracts.Executors;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Adapters.Tests.Executors.Batch;

/// <summary>A double of an account, and clients and executors that speak to it.</summary>
internal sealed class BatchSite : IAsyncDisposable
{
    private readonly List<AzureBatchExecutor> _executors = [];
    private readonly string? _folder;

    private BatchSite(BatchDouble account, string? folder) => (Account, _folder) = (account, folder);

    public BatchDouble Account { get; }

    public RecordedEvents Events { get; } = new();

    /// <param name="runs">Whether tasks really run.</param>
    /// <param name="time">The account's clock.</param>
    public static async Task<BatchSite> CreateAsync(bool runs = false, TimeProvider? time = null)
    {
        string? folder = runs ? Directory.CreateTempSubdirectory("hpo-batch-").FullName : null;
        return new(await BatchDouble.StartAsync(folder, time), folder);
    }

    /// <summary>Options that fit the double, with short pauses.</summary>
    public BatchOptions Options() => new()
    {
        Endpoint = Account.Endpoint,
        Pool = "pool",
        PollEvery = TimeSpan.FromMilliseconds(30),
        GatherFor = TimeSpan.FromMilliseconds(20),
        FirstPause = TimeSpan.FromMilliseconds(5),
        LongestPause = TimeSpan.FromMilliseconds(50),
        Transport = new HttpClientTransport(Account.CreateHandler()),
    };

    public BatchRestClient Client(Func<BatchOptions, BatchOptions>? change = null, string? token = null)
    {
        BatchOptions options = change?.Invoke(Options()) ?? Options();
        return new(new(options, new FixedCredential(token ?? Account.Token)), options, TimeProvider.System);
    }

    /// <summary>A new executor, as after a restart of the host.</summary>
    public AzureBatchExecutor Executor(Func<BatchOptions, BatchOptions>? change = null, bool hears = true)
    {
        _executors.Add(new(change?.Invoke(Options()) ?? Options(), new FixedCredential(Account.Token), new Access(), hears ? Events : null));
        return _executors[^1];
    }

    public static string Token(string experiment, int trial) => $"secret-{experiment}-{trial}";

    public static SegmentWork Work(int trial = 1, string experiment = "exp", TrialLimits? limits = null, int segment = 0, int attempt = 0) => new(
        new SegmentId(experiment, trial, segment),
        new ExperimentDefinition
        {
            Project = "batch",
            Space = new SearchSpace(new UniformParameter("x", 0, 10)),
            Metric = "loss",
            Mode = OptimizationMode.Min,
            NumTrials = 1,
            MaxConcurrent = 1,
            Seed = 1,
            Program = new() { Scripts = "scripts/any.zip", Script = "train.py", Model = "train" },
            Limits = limits ?? new(),
            Site = "batch",
        },
        Configuration.Of(("x", ParameterValue.Of(3.0))),
        Until: null,
        attempt);

    /// <summary>Polls until the segment has ended.</summary>
    public static async Task<SegmentOutcome> EndAsync(ITrialExecutor executor, SegmentWork work, string handle)
    {
        for (int poll = 0; poll < 3000; poll++)
        {
            if (await executor.PollAsync(work.Segment, handle, default) is { } outcome)
            {
                return outcome;
            }

            await Task.Delay(10);
        }

        throw new TimeoutException($"{work.Segment} does not end");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AzureBatchExecutor executor in _executors)
        {
            await executor.DisposeAsync();
        }

        await Account.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private sealed class Access : ITrialAccess
    {
        public Uri? Address => new("http://localhost:7071/");

        public string TokenOf(string experiment, int trial) => Token(experiment, trial);
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            requestContext.Scopes is ["https://batch.core.windows.net/.default"]
                ? new(token, DateTimeOffset.MaxValue)
                : throw new InvalidOperationException($"wrong scope {string.Join(' ', requestContext.Scopes)}");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
