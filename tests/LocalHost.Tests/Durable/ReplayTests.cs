using HpoServerless.LocalHost.Durable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

/// <summary>What replay mode is for: orchestrators that act differently over the same history.</summary>
public sealed class ReplayTests
{
    private static readonly string NonDeterministic = typeof(NonDeterministicOrchestrationException).FullName!;

    private int _calls;

    [Fact]
    public async Task Branch_on_the_wall_clock_is_found()
    {
        await using TestRuntime test = new(replay: true);
        DateTimeOffset start = test.Clock.GetUtcNow();
        test.Orchestrate(async context =>
        {
            bool isEarly = test.Clock.GetUtcNow() < start.AddMinutes(1); // instead of CurrentUtcDateTime
            await context.CallActivityAsync("Echo", isEarly ? "early" : "late");
            await context.CreateTimer(TimeSpan.FromMinutes(2), CancellationToken.None);
            return 0;
        });

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromMinutes(2));

        await AssertFoundAsync(test, id);
    }

    [Fact]
    public async Task Random_activity_input_is_found() =>
        await AssertFoundAsync(context => context.CallActivityAsync<string>("Echo", Guid.NewGuid().ToString()));

    [Fact]
    public async Task Changed_order_of_activities_is_found() => await AssertFoundAsync(async context =>
    {
        string[] names = Interlocked.Increment(ref _calls) == 1 ? ["a", "b"] : ["b", "a"];
        return string.Concat(await Task.WhenAll(names.Select(name => context.CallActivityAsync<string>("Echo", name))));
    });

    [Fact]
    public async Task Static_counter_is_found() => await AssertFoundAsync(async context =>
    {
        int seen = Interlocked.Increment(ref _calls);
        for (int i = seen; i < 3; i++)
        {
            await context.CallActivityAsync("Echo", "x");
        }

        return "";
    });

    [Fact]
    public async Task Action_that_is_missing_is_found() => await AssertFoundAsync(async context =>
    {
        Task<string> first = context.CallActivityAsync<string>("Echo", "x");
        Task<string> second = Interlocked.Increment(ref _calls) == 1 ? context.CallActivityAsync<string>("Echo", "y") : first;
        await first;
        return await second;
    });

    [Fact]
    public async Task Different_timer_is_found()
    {
        await using TestRuntime test = new(replay: true);
        test.Orchestrate(async context =>
        {
            await context.CreateTimer(TimeSpan.FromMinutes(Interlocked.Increment(ref _calls)), CancellationToken.None);
            return 0;
        });

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromMinutes(2));

        await AssertFoundAsync(test, id);
    }

    [Fact]
    public async Task Different_event_sent_is_found() => await AssertFoundAsync(context =>
    {
        context.SendEvent("other", "x", Interlocked.Increment(ref _calls));
        return context.CallActivityAsync<string>("Echo", "x");
    });

    [Fact]
    public async Task Different_sub_orchestration_is_found() => await AssertFoundAsync(context =>
        context.CallSubOrchestratorAsync<string>("Child", Guid.NewGuid()));

    [Fact]
    public async Task Different_input_of_ContinueAsNew_is_found() => await AssertFoundAsync(context =>
    {
        context.ContinueAsNew(Guid.NewGuid());
        return Task.FromResult("");
    });

    [Fact]
    public async Task Different_result_is_found() => await AssertFoundAsync(_ => Task.FromResult(Guid.NewGuid().ToString()));

    [Fact]
    public async Task Error_names_the_position_and_both_actions()
    {
        await using TestRuntime test = new(replay: true);
        test.Orchestrate(async context =>
        {
            await context.CallActivityAsync("Echo", "same");
            return await context.CallActivityAsync<string>("Echo", $"run {Interlocked.Increment(ref _calls)}");
        });

        TaskFailureDetails failure = (await test.RunAsync()).FailureDetails!;

        Assert.Equal(NonDeterministic, failure.ErrorType);
        Assert.Contains("run 1", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("run 2", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("action 0 after event 1", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_replay_nothing_is_checked()
    {
        await using TestRuntime test = new(replay: false);
        test.Orchestrate(context => context.CallActivityAsync<string>("Echo", Guid.NewGuid().ToString()));

        Assert.NotEmpty(await test.ResultAsync<string>());
    }

    private static async Task AssertFoundAsync(Func<TaskOrchestrationContext, Task<string>> body)
    {
        await using TestRuntime test = new(replay: true);
        test.Orchestrate(body);
        await AssertFoundAsync(test, await test.StartAsync());
    }

    private static async Task AssertFoundAsync(TestRuntime test, string id)
    {
        OrchestrationMetadata end = await test.EndAsync(id);
        Assert.Equal((OrchestrationRuntimeStatus.Failed, NonDeterministic), (end.RuntimeStatus, end.FailureDetails?.ErrorType));
    }
}
