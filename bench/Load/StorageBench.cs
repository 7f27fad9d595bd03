using System.Globalization;
using System.Text;
using HpoServerless.Contracts.Azurite;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Bench.Load;

/// <summary>How many operations on the storage account one trial costs, and what each is for. The trials run elsewhere, and report and end by HTTP.</summary>
internal static class StorageBench
{
    private const int Slots = 4;

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(int trials)
    {
        await using AzuriteServer storage = await AzuriteServer.StartAsync();
        string folder = Directory.CreateTempSubdirectory("hpo-bench-").FullName;
        try
        {
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
            {
                DataFolder = folder,
                StorageConnection = storage.ConnectionString,
                HttpPort = 0,
                Executors = services => [new TrialsElsewhere(services.GetRequiredService<ITrialAccess>())],
            });
            await RunAsync(host, "warm-up", Slots);
            using StorageOperations operations = new(storage);
            await RunAsync(host, "measured", trials);
            return
            [
                new($"storage, {trials} trials of one report, {Slots} at a time", operations.Total / (double)trials, "operations a trial", "at most 12"),
                .. operations.ByPurpose.Select(one => new BenchResult($"storage, {one.Key}", one.Value / (double)trials, "operations a trial")),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(EmbeddedHost host, string id, int trials)
    {
        IExperimentStore experiments = host.Services.GetRequiredService<IExperimentStore>();
        await host.Services.GetRequiredService<ExperimentService>().StartAsync(host.Client, id, Samples.Definition(trials, Slots), Caller.Host, CancellationToken.None);
        while ((await experiments.FindAsync(id, CancellationToken.None))!.Summary is { IsFinal: false })
        {
            await Task.Delay(TimeSpan.FromSeconds(5)); // each look is one operation
        }
    }

    /// <summary>Every trial runs a little, reports once and ends, told by HTTP as from another machine.</summary>
    private sealed class TrialsElsewhere(ITrialAccess access) : ITrialExecutor, IDisposable
    {
        private static readonly TimeSpan RunTime = TimeSpan.FromMilliseconds(200);

        private readonly HttpClient _client = new();

        public void Dispose() => _client.Dispose();

        public string Site => "local";

        public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
        {
            _ = EvaluateAsync(work.Segment);
            return Task.FromResult(work.Segment.InstanceId);
        }

        public Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) => Task.FromResult<SegmentOutcome?>(null);

        public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult<int?>(null);

        public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) => Task.CompletedTask;

        public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation) => Task.CompletedTask;

        public Task RemoveAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;

        private async Task EvaluateAsync(SegmentId segment)
        {
            await Task.Delay(RunTime);
            await SendAsync(HttpMethod.Post, segment, "reports", $$$"""{"segment":{{{segment.Segment}}},"reports":[{"step":1,"metrics":{"loss":{{{1.0 / segment.Trial}}}}}]}""");
            await Task.Delay(RunTime);
            await SendAsync(HttpMethod.Put, segment, "outcome", $$$"""{"segment":{{{segment.Segment}}},"status":"completed","attempt":0,"duration_s":1}""");
        }

        private async Task SendAsync(HttpMethod method, SegmentId segment, string what, string body)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"api/experiments/{segment.Experiment}/trials/{segment.Trial}/{what}");
            using HttpRequestMessage request = new(method, new Uri(access.Address!, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("x-hpo-token", access.TokenOf(segment.Experiment, segment.Trial));
            using HttpResponseMessage response = await _client.SendAsync(request);
            if (!response.IsSuccessStatusCode)
            {
                Console.Error.WriteLine($"{what} of trial {segment.Trial}: {await response.Content.ReadAsStringAsync()}");
            }
        }
    }
}
