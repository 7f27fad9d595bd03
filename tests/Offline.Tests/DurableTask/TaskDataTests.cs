using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;

namespace HpoServerless.Offline.Tests.DurableTask;

/// <summary>Data that crosses the border between orchestrations and their runtime.</summary>
public sealed class TaskDataTests
{
    [Fact]
    public void TaskName_ignores_case_and_converts_both_ways()
    {
        TaskName name = "Advance";

        Assert.Equal(name, new TaskName("ADVANCE"));
        Assert.Equal(name.GetHashCode(), new TaskName("ADVANCE").GetHashCode());
        Assert.Equal("Advance", (string)name);
        Assert.Equal(default, (TaskName)"");
    }

    [Fact]
    public void TaskVersion_unversioned_equals_empty_and_refuses_blanks()
    {
        Assert.Equal(TaskVersion.Unversioned, new TaskVersion(null));
        Assert.Equal("", TaskVersion.Unversioned.Version);
        Assert.Throws<ArgumentException>(() => new TaskVersion(" "));
    }

    [Theory]
    [InlineData(0, 1, 1, 2, 2, "maxNumberOfAttempts")]
    [InlineData(1, 0, 1, 2, 2, "firstRetryInterval")]
    [InlineData(1, 1, 0.5, 2, 2, "backoffCoefficient")]
    [InlineData(1, 3, 1, 2, 4, "maxRetryInterval")]
    [InlineData(1, 3, 1, 4, 2, "retryTimeout")]
    public void RetryPolicy_out_of_range_names_the_parameter(int attempts, int first, double backoff, int max, int timeout, string parameter)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => new RetryPolicy(
            attempts, TimeSpan.FromSeconds(first), backoff, TimeSpan.FromSeconds(max), TimeSpan.FromSeconds(timeout)));

        Assert.Equal(parameter, error.ParamName);
    }

    [Fact]
    public void RetryPolicy_defaults_are_an_hour_between_and_no_end()
    {
        RetryPolicy policy = new(3, TimeSpan.FromSeconds(5));

        Assert.Equal((1.0, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan), (policy.BackoffCoefficient, policy.MaxRetryInterval, policy.RetryTimeout));
        Assert.Equal(Timeout.InfiniteTimeSpan, new RetryPolicy(3, TimeSpan.FromSeconds(5), maxRetryInterval: Timeout.InfiniteTimeSpan).MaxRetryInterval);
    }

    [Fact]
    public async Task TaskRetryOptions_from_handler_asks_it()
    {
        TaskFailureDetails failure = TaskFailureDetails.FromException(new TimeoutException("late"));
        TaskOptions options = TaskOptions.FromRetryHandler((RetryContext r) => r.LastAttemptNumber < 2);
        RetryContext first = new(new ScriptedContext(), 1, failure, TimeSpan.Zero, CancellationToken.None);

        Assert.Null(options.Retry!.Policy);
        Assert.True(await options.Retry.Handler!(first));
        Assert.False(await options.Retry.Handler!(first with { LastAttemptNumber = 2 }));
    }

    [Fact]
    public void SubOrchestrationOptions_made_from_one_keeps_its_instance()
    {
        TaskOptions plain = new(tags: new Dictionary<string, string> { ["k"] = "v" }) { Version = "2" };
        SubOrchestrationOptions named = plain.WithInstanceId("child");

        Assert.Equal("child", new SubOrchestrationOptions((TaskOptions)named).InstanceId);
        Assert.Equal("other", new SubOrchestrationOptions(named, "other").InstanceId);
        Assert.Equal("v", named.Tags!["k"]);
        Assert.Equal("2", named.Version!.Value.Version);
    }

    [Fact]
    public void StartOrchestrationOptions_with_dedupe_statuses_keeps_the_rest()
    {
        StartOrchestrationOptions options = new StartOrchestrationOptions("id") { Version = "3" }
            .WithDedupeStatuses(OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running);

        Assert.Equal(("id", "3"), (options.InstanceId, options.Version!.Value.Version));
        Assert.Equal(["Pending", "Running"], options.DedupeStatuses!);
        Assert.Equal(7, StartOrchestrationOptionsExtensions.ValidDedupeStatuses.Count);
    }

    [Fact]
    public void TaskFailedException_says_which_task_and_why()
    {
        TaskFailureDetails details = TaskFailureDetails.FromException(new InvalidOperationException("bad"));

        Assert.Equal("Task 'X' (#0) failed with an unhandled exception: bad", new TaskFailedException("X", 0, details).Message);
        Assert.Equal(details.ErrorType, new TaskFailedException("X", 0, new InvalidOperationException("bad")).FailureDetails.ErrorType);
    }

    [Fact]
    public void TaskFailureDetails_keep_causes_and_know_their_types()
    {
        TaskFailureDetails details = TaskFailureDetails.FromException(new FileNotFoundException("gone", new TimeoutException("late")));

        Assert.Equal("System.IO.FileNotFoundException", details.ErrorType);
        Assert.Equal(("System.TimeoutException", "late"), (details.InnerFailure!.ErrorType, details.InnerFailure.ErrorMessage));
        Assert.True(details.IsCausedBy<IOException>());
        Assert.False(details.IsCausedBy<TimeoutException>());
        Assert.False((details with { ErrorType = "No.Such.Type" }).IsCausedBy<Exception>());
        Assert.Throws<ArgumentException>(() => details.IsCausedBy(typeof(string)));
    }

    [Fact]
    public void OrchestrationMetadata_reads_only_what_was_fetched()
    {
        OrchestrationMetadata bare = new("name", "id") { RuntimeStatus = OrchestrationRuntimeStatus.Completed, SerializedOutput = "42" };
        OrchestrationMetadata full = new("name", "id") { DataConverter = JsonDataConverter.Default, SerializedOutput = "42" };

        Assert.Throws<InvalidOperationException>(() => bare.ReadOutputAs<int>());
        Assert.Equal(42, full.ReadOutputAs<int>());
        Assert.Null(full.ReadInputAs<string>());
        Assert.True(bare.IsCompleted);
        Assert.True(full.IsRunning);
    }

    [Fact]
    public async Task Pageable_follows_continuation_tokens()
    {
        AsyncPageable<int> pages = Pageable.Create((token, size, _) =>
        {
            int start = int.Parse(token ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            return Task.FromResult(new Page<int>([start, start + 1], start < 4 ? $"{start + 2}" : null));
        });

        List<int> all = [];
        await foreach (int value in pages)
        {
            all.Add(value);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], all);
    }
}
