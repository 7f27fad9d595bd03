using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

/// <summary>Orchestrators that await what is not durable: the plain engine leaves them running for ever, we fail them.</summary>
public sealed class NonDurableAwaitTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Waiting_for_a_delay(bool replay) => AssertFailsAsync(replay, async _ =>
    {
        await Task.Delay(TimeSpan.FromDays(1));
        return "";
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Being_resumed_by_a_delay_while_a_durable_task_is_pending(bool replay) => AssertFailsAsync(replay, async context =>
    {
        Task<string> bell = context.WaitForExternalEvent<string>("bell");
        await Task.Delay(TimeSpan.FromMilliseconds(5));
        return await bell;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Leaving_the_turn_by_ConfigureAwait(bool replay) => AssertFailsAsync(replay, async context =>
    {
        await context.CallActivityAsync<string>("Echo", "x").ConfigureAwait(false);
        return await context.CallActivityAsync<string>("Echo", "y");
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Using_the_context_from_a_worker_thread(bool replay) => AssertFailsAsync(replay, async context =>
    {
        Task<string> bell = context.WaitForExternalEvent<string>("bell");
        _ = Task.Run(() => context.CallActivityAsync<string>("Echo", "x"));
        return await bell;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Awaiting_another_instances_task(bool replay) => AssertFailsAsync(replay, async context =>
    {
        Task<string> bell = context.WaitForExternalEvent<string>("bell");
        TaskCompletionSource foreign = new();
        ThreadPool.QueueUserWorkItem(_ => foreign.SetResult());
        await foreign.Task.ContinueWith(static t => t, TaskScheduler.Default).Unwrap();
        await Task.Delay(1);
        return await bell;
    });

    private static async Task AssertFailsAsync(bool replay, Func<TaskOrchestrationContext, Task<string>> body)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(body);

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal((OrchestrationRuntimeStatus.Failed, "System.InvalidOperationException"), (end.RuntimeStatus, end.FailureDetails?.ErrorType));
    }
}
