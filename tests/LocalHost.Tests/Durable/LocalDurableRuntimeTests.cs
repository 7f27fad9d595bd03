using System.Text.Json;
using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class LocalDurableRuntimeTests
{
    [Fact]
    public void Construction_refuses_limits_out_of_range()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalDurableRuntime(new LocalDurableOptions { MaxConcurrentActivities = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalDurableRuntime(new LocalDurableOptions { MaxFinishedInstances = -1 }));
    }

    [Fact]
    public async Task Names_are_registered_once()
    {
        await using TestRuntime test = new(replay: false);
        test.Orchestrate(_ => Task.FromResult(0));

        Assert.Throws<ArgumentException>(() => test.Orchestrate(_ => Task.FromResult(0), "main"));
        Assert.Throws<ArgumentException>(() => test.Runtime.AddActivity<string, string>("echo", Task.FromResult));
    }

    [Fact]
    public async Task Bodies_found_by_reflection_get_inputs_of_their_types()
    {
        await using TestRuntime test = new(replay: true);
        Type type = typeof(int);
        test.Runtime.AddActivity("Half", (call, _) => Task.FromResult<object?>((int)call.GetInput(type)! / 2));
        test.Runtime.AddOrchestrator("Main", type, async (context, input) => await context.CallActivityAsync<int>("Half", (int)input!));

        Assert.Equal(21, await test.ResultAsync<int>(42));
    }

    [Fact]
    public async Task Converter_of_the_options_serialises_everything()
    {
        JsonDataConverter camelCase = new(new JsonSerializerOptions(JsonSerializerDefaults.Web));
        await using TestRuntime test = new(replay: false, options => options with { Converter = camelCase });
        test.Runtime.AddActivity<Payload, Payload>("Same", Task.FromResult);
        test.Runtime.AddOrchestrator<Payload, Payload>("Main", (context, input) => context.CallActivityAsync<Payload>("Same", input));

        OrchestrationMetadata end = await test.RunAsync(new Payload(5));

        Assert.Equal(("""{"trialNumber":5}""", """{"trialNumber":5}"""), (end.SerializedInput, end.SerializedOutput));
    }

    [Fact]
    public async Task Timers_run_on_the_systems_clock_too()
    {
        await using TestRuntime test = new(replay: false, options => options with { TimeProvider = TimeProvider.System });
        test.Orchestrate(async context =>
        {
            DateTime due = context.CurrentUtcDateTime.AddMilliseconds(3.5);
            await context.CreateTimer(due, CancellationToken.None);
            return context.CurrentUtcDateTime >= due;
        });

        Assert.True(await test.ResultAsync<bool>());
    }

    [Fact]
    public async Task Activities_run_up_to_the_limit_at_a_time()
    {
        await using TestRuntime test = new(replay: false, options => options with { MaxConcurrentActivities = 3 });
        using SemaphoreSlim started = new(0);
        using SemaphoreSlim release = new(0);
        int running = 0;
        int most = 0;
        test.Runtime.AddActivity<int, int>("Hold", async x =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            started.Release();
            await release.WaitAsync();
            Interlocked.Decrement(ref running);
            return x;
        });
        test.Orchestrate(async context => (await Task.WhenAll(Enumerable.Range(0, 10).Select(i => context.CallActivityAsync<int>("Hold", i)))).Sum());

        string id = await test.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await started.WaitAsync();
        }

        Assert.False(started.Wait(0));
        release.Release(10);

        Assert.Equal(45, (await test.EndAsync(id)).ReadOutputAs<int>());
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Finished_instances_are_kept_up_to_the_limit()
    {
        await using TestRuntime test = new(replay: false, options => options with { MaxFinishedInstances = 5 });
        test.Orchestrate(_ => Task.FromResult(1));
        test.Orchestrate(context => context.WaitForExternalEvent<string>("never"), "Wait");
        await test.StartAsync(id: "waiting", name: "Wait");
        for (int i = 0; i < 20; i++)
        {
            await test.EndAsync(await test.StartAsync(id: $"i{i:00}"));
            await test.IdleAsync();
        }

        List<string> kept = [];
        await foreach (OrchestrationMetadata instance in test.Client.GetAllInstancesAsync())
        {
            kept.Add(instance.InstanceId);
        }

        Assert.Equal(["i15", "i16", "i17", "i18", "i19", "waiting"], kept);
    }

    [Fact]
    public async Task Stop_waits_for_running_activities_and_starts_nothing_more()
    {
        await using TestRuntime test = new(replay: false, options => options with { MaxConcurrentActivities = 1 });
        using SemaphoreSlim started = new(0);
        TaskCompletionSource release = new();
        int finished = 0;
        test.Runtime.AddActivity<int, int>("Hold", async x =>
        {
            started.Release();
            await release.Task;
            Interlocked.Increment(ref finished);
            return x;
        });
        test.Orchestrate(context => Task.WhenAll(context.CallActivityAsync<int>("Hold", 1), context.CallActivityAsync<int>("Hold", 2)));
        string id = await test.StartAsync();
        await started.WaitAsync();
        Task<OrchestrationMetadata> end = test.Client.WaitForInstanceCompletionAsync(id, CancellationToken.None);

        Task stop = test.Runtime.StopAsync(TimeSpan.FromMinutes(1));
        Assert.False(stop.IsCompleted);
        release.SetResult();
        await stop;

        Assert.Equal(1, finished);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.StartAsync());
        await test.Client.RaiseEventAsync(id, "late", "x");
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await test.StatusAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task Stop_drops_activities_that_outlast_the_grace()
    {
        await using TestRuntime test = new(replay: false);
        TaskCompletionSource started = new();
        TaskCompletionSource cancelled = new();
        test.Runtime.AddActivity("Endless", async (_, stopping) =>
        {
            using CancellationTokenRegistration onStop = stopping.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            return null;
        });
        test.Orchestrate(context => context.CallActivityAsync<string>("Endless"));
        await test.StartAsync();
        await started.Task;

        Task stop = test.Runtime.StopAsync(TimeSpan.FromMinutes(1));
        test.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(cancelled.Task.IsCompleted);
        test.Clock.Advance(TimeSpan.FromSeconds(1));

        await stop;
        await cancelled.Task;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    private sealed record Payload(int TrialNumber);
}
