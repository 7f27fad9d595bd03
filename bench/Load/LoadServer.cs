using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using HpoServerless.Functions.Services;
using HpoServerless.LocalHost;
using Microsoft.Extensions.DependencyInjection;

namespace HpoServerless.Bench.Load;

/// <summary>The service under load, in a process of its own. Its trials run elsewhere: what it starts it prints, a line a segment, and waits to be told.</summary>
internal static class LoadServer
{
    public const string Argument = "load-server";

    /// <summary>Serves until standard input ends. Each line that comes is answered with the live heap and the resident memory, in bytes.</summary>
    public static async Task<int> ServeAsync(int experiments, int slots, string scheduler)
    {
        string folder = Directory.CreateTempSubdirectory("hpo-bench-").FullName;
        try
        {
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
            {
                DataFolder = folder,
                StorageConnection = Environment.GetEnvironmentVariable("HPO_STORAGE"),
                HttpPort = 0,
                Executors = static services => [new Elsewhere(services.GetRequiredService<ITrialAccess>())],
            });
            Say($"serving {host.BaseAddress}");
            ExperimentService service = host.Services.GetRequiredService<ExperimentService>();
            for (int number = 1; number <= experiments; number++)
            {
                ExperimentDefinition definition = Samples.Definition(trials: 100_000, slots) with { Seed = (ulong)number, Scheduler = new(scheduler) };
                await service.StartAsync(host.Client, $"load-{number}", definition with { Stop = definition.Stop.Clear() }, Caller.Host, CancellationToken.None);
            }

            while (await Console.In.ReadLineAsync() is not null)
            {
                Say(string.Create(CultureInfo.InvariantCulture, $"memory {GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet} {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0.0}"));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }

    /// <summary>Trials that report by HTTP and say their end by HTTP.</summary>
    private sealed class Elsewhere(ITrialAccess access) : ITrialExecutor
    {
        private readonly ConcurrentDictionary<string, bool> _started = new();

        public string Site => "local";

        public Task<string> StartAsync(SegmentWork work, CancellationToken cancellation)
        {
            SegmentId segment = work.Segment;
            if (_started.TryAdd(segment.InstanceId, true))
            {
                Say($"start {segment.Experiment} {segment.Trial} {segment.Segment} {access.TokenOf(segment.Experiment, segment.Trial)}");
            }

            return Task.FromResult(segment.InstanceId);
        }

        public Task<SegmentOutcome?> PollAsync(SegmentId segment, string handle, CancellationToken cancellation) => Task.FromResult<SegmentOutcome?>(null);

        public Task<int?> SlotsAsync(CancellationToken cancellation) => Task.FromResult<int?>(null);

        public Task InterruptAsync(SegmentId segment, string handle, InterruptKind kind, CancellationToken cancellation) => Task.CompletedTask;

        public Task ForgetAsync(SegmentId segment, string handle, CancellationToken cancellation)
        {
            _started.TryRemove(segment.InstanceId, out _);
            return Task.CompletedTask;
        }

        public Task RemoveAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;
    }
}
