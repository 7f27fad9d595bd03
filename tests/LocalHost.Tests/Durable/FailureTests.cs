using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

/// <summary>How failures look: as observed with the durable engine.</summary>
public sealed class FailureTests
{
    private static readonly string TaskFailed = typeof(TaskFailedException).FullName!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failed_activity_throws_TaskFailedException_with_its_details(bool replay)
    {
        await using TestRuntime test = WithBadActivity(replay);
        test.Orchestrate(async context =>
        {
            TaskFailedException thrown = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Bad"));
            TaskFailureDetails details = thrown.FailureDetails;
            return (thrown.TaskName, thrown.TaskId, details.ErrorType, details.ErrorMessage, details.InnerFailure!.ErrorType, details.IsCausedBy<BadException>());
        });

        Assert.Equal(
            ("Bad", 0, typeof(BadException).FullName!, "bad", "System.InvalidOperationException", true),
            await test.ResultAsync<(string, int, string, string, string, bool)>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unhandled_activity_failure_fails_the_orchestrator(bool replay)
    {
        await using TestRuntime test = WithBadActivity(replay);
        test.Orchestrate(context => context.CallActivityAsync<string>("Bad"));

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal([TaskFailed, typeof(BadException).FullName!, "System.InvalidOperationException"], Types(end.FailureDetails));
        Assert.Equal(end.FailureDetails!.ErrorMessage, end.SerializedOutput); // raw text, not JSON
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failed_sub_orchestration_carries_the_chain(bool replay)
    {
        await using TestRuntime test = WithBadActivity(replay);
        test.Orchestrate(context => context.CallActivityAsync<string>("Bad"), "Child");
        test.Orchestrate(async context =>
        {
            TaskFailedException thrown = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallSubOrchestratorAsync("Child"));
            return Types(thrown.FailureDetails);
        });

        Assert.Equal([TaskFailed, typeof(BadException).FullName!, "System.InvalidOperationException"], await test.ResultAsync<string[]>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unregistered_names_fail_by_type(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            TaskFailedException activity = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Nothing"));
            TaskFailedException child = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallSubOrchestratorAsync("Nothing"));
            return new[] { activity.FailureDetails.ErrorType, child.FailureDetails.ErrorType };
        });

        Assert.Equal(["ActivityTaskNotFound", "OrchestratorTaskNotFound"], await test.ResultAsync<string[]>());
        Assert.Equal("OrchestratorTaskNotFound", (await test.RunAsync(name: "Nothing")).FailureDetails!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Orchestrators_own_exception_fails_it(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate<string>(_ => throw new BadException());

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal([typeof(BadException).FullName!, "System.InvalidOperationException"], Types(end.FailureDetails));
    }

    [Fact]
    public async Task Metadata_without_inputs_and_outputs_tells_the_status_only()
    {
        await using TestRuntime test = WithBadActivity(replay: false);
        test.Orchestrate(context => context.CallActivityAsync<string>("Bad"));
        string id = (await test.RunAsync("input")).InstanceId;

        OrchestrationMetadata bare = (await test.Client.GetInstanceAsync(id))!;

        Assert.Equal(OrchestrationRuntimeStatus.Failed, bare.RuntimeStatus);
        Assert.Null(bare.SerializedInput);
        Assert.Null(bare.SerializedOutput);
        Assert.Null(bare.FailureDetails);
        Assert.Throws<InvalidOperationException>(() => bare.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Failure_nobody_awaits_is_no_unobserved_exception()
    {
        int unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> count = (_, e) =>
        {
            if (e.Exception.InnerExceptions.Any(x => x is TaskFailedException))
            {
                Interlocked.Increment(ref unobserved);
            }
        };
        TaskScheduler.UnobservedTaskException += count;
        try
        {
            await using TestRuntime test = WithBadActivity(replay: true);
            test.Orchestrate(async context =>
            {
                _ = context.CallActivityAsync("Bad");
                _ = context.CallActivityAsync("Bad", options: TaskOptions.FromRetryHandler(attempt => attempt.LastAttemptNumber < 2));
                await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
                return 0;
            });
            string id = await test.StartAsync();
            await test.AdvanceAsync(TimeSpan.FromHours(1));
            await test.EndAsync(id);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= count;
        }

        Assert.Equal(0, unobserved);
    }

    private static TestRuntime WithBadActivity(bool replay)
    {
        TestRuntime test = new(replay);
        test.Runtime.AddActivity<string, string>("Bad", _ => throw new BadException());
        return test;
    }

    private static string[] Types(TaskFailureDetails? details) =>
        details is null ? [] : [details.ErrorType, .. Types(details.InnerFailure)];

    private sealed class BadException() : Exception("bad", new InvalidOperationException("worse"));
}
