using System.Collections.Concurrent;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class RetryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Policy_backs_off_up_to_the_longest_interval_and_then_gives_up(bool replay)
    {
        RetryPolicy policy = new(5, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(3));

        (double[] attempts, OrchestrationMetadata end) = await FailAlwaysAsync(replay, TaskOptions.FromRetryPolicy(policy));

        Assert.Equal([0, 1, 3, 6, 9], attempts);
        Assert.Equal("System.TimeoutException", end.FailureDetails!.InnerFailure!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Policy_gives_up_after_its_timeout(bool replay)
    {
        RetryPolicy policy = new(100, TimeSpan.FromSeconds(10), retryTimeout: TimeSpan.FromSeconds(25));

        (double[] attempts, _) = await FailAlwaysAsync(replay, TaskOptions.FromRetryPolicy(policy));

        Assert.Equal([0, 10, 20, 30], attempts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_sees_attempt_and_failure_and_may_await_timers(bool replay)
    {
        AsyncRetryHandler handler = async attempt =>
        {
            Assert.True(attempt.LastFailure.IsCausedBy<TimeoutException>());
            Assert.Equal(TimeSpan.FromSeconds((attempt.LastAttemptNumber - 1) * 5), attempt.TotalRetryTime);
            await attempt.OrchestrationContext.CreateTimer(TimeSpan.FromSeconds(5), CancellationToken.None);
            return attempt.LastAttemptNumber < 3;
        };

        (double[] attempts, OrchestrationMetadata end) = await FailAlwaysAsync(replay, TaskOptions.FromRetryHandler(handler));

        Assert.Equal([0, 5, 10], attempts);
        Assert.Equal(typeof(TaskFailedException).FullName, end.FailureDetails!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Success_after_failures_is_success(bool replay)
    {
        await using TestRuntime test = new(replay);
        int calls = 0;
        test.Runtime.AddActivity<int, int>("Flaky", x => Interlocked.Increment(ref calls) < 3 ? throw new TimeoutException() : Task.FromResult(x));
        test.Orchestrate(context => context.CallActivityAsync<int>("Flaky", 7, TaskOptions.FromRetryHandler(attempt => true)));

        Assert.Equal(7, await test.ResultAsync<int>());
    }

    [Fact]
    public async Task Missing_activity_is_not_retried()
    {
        await using TestRuntime test = new(replay: true);
        test.Orchestrate(context => context.CallActivityAsync<int>("Missing", options: TaskOptions.FromRetryHandler(attempt => true)));

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal("ActivityTaskNotFound", end.FailureDetails!.InnerFailure!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sub_orchestrations_are_retried_under_the_same_id(bool replay)
    {
        await using TestRuntime test = new(replay);
        ConcurrentQueue<string> ids = new();
        test.Runtime.AddActivity<string, int>("Note", id =>
        {
            ids.Enqueue(id);
            return ids.Count < 3 ? throw new TimeoutException() : Task.FromResult(ids.Count);
        });
        test.Orchestrate(context => context.CallActivityAsync<int>("Note", context.InstanceId), "Child");
        test.Orchestrate(context => context.CallSubOrchestratorAsync<int>("Child", options: TaskOptions.FromRetryHandler(attempt => true)));

        Assert.Equal(3, await test.ResultAsync<int>());
        Assert.Single(ids.Distinct());
    }

    /// <returns>Seconds after the start at which the activity was tried, and how the orchestrator ended.</returns>
    private static async Task<(double[] Attempts, OrchestrationMetadata End)> FailAlwaysAsync(bool replay, TaskOptions options)
    {
        await using TestRuntime test = new(replay);
        DateTimeOffset start = test.Clock.GetUtcNow();
        ConcurrentQueue<double> attempts = new();
        test.Runtime.AddActivity<string, string>("Fail", _ =>
        {
            attempts.Enqueue((test.Clock.GetUtcNow() - start).TotalSeconds);
            throw new TimeoutException();
        });
        test.Orchestrate(context => context.CallActivityAsync<string>("Fail", "x", options));

        string id = await test.StartAsync();
        for (int second = 0; second < 120; second++)
        {
            await test.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        return ([.. attempts], await test.EndAsync(id));
    }
}
