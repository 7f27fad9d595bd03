using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;
using HpoServerless.Adapters.Executors.Batch;
using HpoServerless.Contracts.Batch;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Engine.Space;

namespace HpoServerless.Bench;

/// <summary>What many trials at once cost the Batch executor: requests to the account, time and memory.</summary>
internal static class BatchBench
{
    private const int Rounds = 3;

    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(int trials)
    {
        using Process account = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(BatchBench).Assembly.Location, "batch-account"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        string[] where = (await account.StandardOutput.ReadLineAsync())!.Split(' ');
        using Counter counter = new(BatchDouble.CreateHandler(where[1]));
        BatchOptions options = new()
        {
            Endpoint = new(where[0]),
            Pool = "pool",
            PollEvery = PollEvery,
            Transport = new HttpClientTransport(counter),
        };
        await using AzureBatchExecutor executor = new(options, new FixedCredential(where[2]), new Access(), events: null);
        await StartAsync(executor, Works("warm-up", 200));
        (long heap, long resident) = Memory();

        counter.Requests = 0;
        SegmentWork[] works = Works("measured", trials);
        Stopwatch watch = Stopwatch.StartNew();
        string[] handles = await StartAsync(executor, works);
        double starting = watch.Elapsed.TotalSeconds;
        int starts = counter.Requests;

        await account.StandardInput.WriteLineAsync();
        await account.StandardOutput.ReadLineAsync();
        int most = 0;
        double polling = 0;
        for (int round = 0; round < Rounds; round++)
        {
            await Task.Delay(PollEvery);
            counter.Requests = 0;
            watch.Restart();
            SegmentOutcome?[] outcomes = await Task.WhenAll(works.Zip(handles).Select(one => executor.PollAsync(one.First.Segment, one.Second, default)));
            polling = Math.Max(polling, watch.Elapsed.TotalSeconds);
            most = Math.Max(most, counter.Requests);
            if (outcomes.Any(outcome => outcome is not null))
            {
                throw new InvalidOperationException("a task that runs was taken to have ended");
            }
        }

        (long heapNow, long residentNow) = Memory();
        account.StandardInput.Close();
        await account.WaitForExitAsync();
        GC.KeepAlive(handles);
        return
        [
            new($"Batch, requests for {trials} starts", starts, "requests", "at most 110"),
            new($"Batch, time of {trials} starts", starting, "s"),
            new($"Batch, requests for a round of {trials} running tasks", most, "requests", "at most 15"),
            new($"Batch, time of such a round", polling, "s"),
            new($"Batch, live heap more, handles and work included", (heapNow - heap) / 1048576.0, "MiB", "below 64"),
            new($"Batch, resident memory more", (residentNow - resident) / 1048576.0, "MiB"),
        ];
    }

    private static Task<string[]> StartAsync(AzureBatchExecutor executor, SegmentWork[] works) =>
        Task.WhenAll(works.Select(work => executor.StartAsync(work, default)));

    private static SegmentWork[] Works(string experiment, int count)
    {
        ExperimentDefinition definition = Samples.Definition(count, count);
        return [.. Enumerable.Range(1, count).Select(trial => new SegmentWork(
            new(experiment, trial, 0), definition, Configuration.Of(("x", ParameterValue.Of(0.5))), Until: null, Attempt: 0))];
    }

    private static (long Heap, long Resident) Memory()
    {
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        using Process self = Process.GetCurrentProcess();
        return (heap, self.WorkingSet64);
    }

    private sealed class Counter(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private int _requests;

        public int Requests
        {
            get => _requests;
            set => _requests = value;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Access : ITrialAccess
    {
        public Uri? Address { get; } = new("https://hpo.invalid");

        public string TokenOf(string experiment, int trial) => $"{trial:D43}";
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(token, DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
