using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
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

    /// <summary>What the ids of experiments begin with, before their numbers.</summary>
    public const string Prefix = "load-";

    /// <summary>How many trials an experiment runs in each of its slots, one after another.</summary>
    public const int Rounds = 3;

    /// <summary>Serves until standard input ends. Each line that comes is answered with the live heap and the resident memory, in bytes.</summary>
    /// <remarks>Where an experiment ends another one takes its place. The first ones are of several lengths, so that they do not all end together.</remarks>
    public static async Task<int> ServeAsync(int experiments, int slots, string scheduler)
    {
        string folder = Directory.CreateTempSubdirectory("hpo-bench-").FullName;
        Channel<string> ended = Channel.CreateUnbounded<string>();
        try
        {
            await using EmbeddedHost host = await EmbeddedHost.StartAsync(new()
            {
                DataFolder = folder,
                StorageConnection = Environment.GetEnvironmentVariable("HPO_STORAGE"),
                HttpPort = 0,
                Executors = services => [new Elsewhere(services.GetRequiredService<ITrialAccess>(), ended.Writer)],
            });
            Say($"serving {host.BaseAddress}");
            ExperimentService service = host.Services.GetRequiredService<ExperimentService>();
            int begun = 0;
            while (begun < experiments)
            {
                await BeginAsync(1 + (begun % Rounds));
            }

            Task replacing = ReplaceAsync();
            while (await Console.In.ReadLineAsync() is not null)
            {
                Say(string.Create(CultureInfo.InvariantCulture, $"memory {GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet} {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0.0}"));
            }

            ended.Writer.Complete();
            await replacing;
            return 0;

            async Task ReplaceAsync()
            {
                await foreach (string experiment in ended.Reader.ReadAllAsync())
                {
                    Say($"finish {experiment}");
                    await BeginAsync(Rounds);
                }
            }

            async Task BeginAsync(int rounds)
            {
                ExperimentDefinition definition = Samples.Definition(trials: slots * rounds, slots) with { Seed = (ulong)++begun, Scheduler = new(scheduler) };
                await service.StartAsync(host.Client, $"{Prefix}{begun}", definition with { Stop = definition.Stop.Clear() }, Caller.Host, CancellationToken.None);
            }
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
    private sealed class Elsewhere(ITrialAccess access, ChannelWriter<string> ended) : ITrialExecutor
    {
        private readonly ConcurrentDictionary<string, bool> _started = new();
        private readonly ConcurrentDictionary<string, bool> _finished = new();

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

        public Task FinishAsync(string experiment, CancellationToken cancellation)
        {
            if (_finished.TryAdd(experiment, true))
            {
                ended.TryWrite(experiment);
            }

            return Task.CompletedTask;
        }

        public Task RemoveAsync(string experiment, CancellationToken cancellation) => Task.CompletedTask;
    }
}
