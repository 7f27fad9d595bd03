using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class LocalDurableTaskClientTests
{
    [Fact]
    public async Task Schedule_of_a_running_id_is_refused_with_or_without_dedupe_statuses()
    {
        await using TestRuntime test = Waiting();
        StartOrchestrationOptions once = new StartOrchestrationOptions("id")
            .WithDedupeStatuses(OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running);
        await test.StartAsync(id: "id");

        await Assert.ThrowsAsync<InvalidOperationException>(() => test.StartAsync(id: "id"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Client.ScheduleNewOrchestrationInstanceAsync("Main", once));
    }

    [Fact]
    public async Task Schedule_of_a_finished_id_starts_it_again_unless_its_status_is_deduped()
    {
        await using TestRuntime test = Waiting();
        foreach (string answer in (string[])["first", "second"])
        {
            await test.StartAsync(id: "id");
            await test.Client.RaiseEventAsync("id", "go", answer);
            Assert.Equal(answer, (await test.EndAsync("id")).ReadOutputAs<string>());
        }

        StartOrchestrationOptions never = new StartOrchestrationOptions("id").WithDedupeStatuses(OrchestrationRuntimeStatus.Completed);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Client.ScheduleNewOrchestrationInstanceAsync("Main", never));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@entity")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\nb")]
    public async Task Schedule_refuses_ids_the_cloud_refuses(string id)
    {
        await using TestRuntime test = Waiting();

        await Assert.ThrowsAsync<ArgumentException>(() => test.StartAsync(id: id));
        await Assert.ThrowsAsync<ArgumentException>(() => test.StartAsync(id: new string('x', 257)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schedule_for_later_stays_pending_and_keeps_events(bool replay)
    {
        await using TestRuntime test = Waiting(replay);
        StartOrchestrationOptions later = new("id", test.Clock.GetUtcNow().AddHours(1));
        await test.Client.ScheduleNewOrchestrationInstanceAsync("Main", later);
        await test.Client.RaiseEventAsync("id", "go", "early");
        await test.IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await test.StatusAsync("id")).RuntimeStatus);
        Task<OrchestrationMetadata> started = test.Client.WaitForInstanceStartAsync("id", CancellationToken.None);
        Assert.False(started.IsCompleted);

        await test.AdvanceAsync(TimeSpan.FromHours(1));

        Assert.Equal("early", (await test.EndAsync("id")).ReadOutputAs<string>());
        await started;
    }

    [Fact]
    public async Task Missing_instances_are_null_for_queries_silent_for_messages_and_errors_for_waits()
    {
        await using TestRuntime test = Waiting();

        Assert.Null(await test.Client.GetInstanceAsync("missing"));
        await test.Client.RaiseEventAsync("missing", "go", "x");
        await test.Client.TerminateInstanceAsync("missing", "x");
        await test.Client.SuspendInstanceAsync("missing");
        await test.Client.ResumeInstanceAsync("missing");
        Assert.Equal(0, (await test.Client.PurgeInstanceAsync("missing")).PurgedInstanceCount);
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Client.WaitForInstanceStartAsync("missing"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Client.WaitForInstanceCompletionAsync("missing"));
    }

    [Fact]
    public async Task Wait_can_be_cancelled()
    {
        await using TestRuntime test = Waiting();
        using CancellationTokenSource cancel = new();
        await test.StartAsync(id: "id");

        Task<OrchestrationMetadata> end = test.Client.WaitForInstanceCompletionAsync("id", cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Terminate_ends_an_instance_with_the_output_as_json(bool replay)
    {
        await using TestRuntime test = Waiting(replay);
        await test.StartAsync(id: "id");

        await test.Client.TerminateInstanceAsync("id", "stop");

        OrchestrationMetadata end = await test.EndAsync("id");
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "\"stop\""), (end.RuntimeStatus, end.SerializedOutput));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Suspended_instance_keeps_its_messages_until_it_is_resumed(bool replay)
    {
        await using TestRuntime test = Waiting(replay);
        await test.StartAsync(id: "id");
        await test.IdleAsync();
        await test.Client.SuspendInstanceAsync("id", "reason");
        await test.Client.RaiseEventAsync("id", "go", "kept");
        await test.IdleAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await test.StatusAsync("id")).RuntimeStatus);

        await test.Client.ResumeInstanceAsync("id");

        Assert.Equal("kept", (await test.EndAsync("id")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Suspended_instance_can_be_terminated()
    {
        await using TestRuntime test = Waiting();
        await test.StartAsync(id: "id");
        await test.Client.SuspendInstanceAsync("id");

        await test.Client.TerminateInstanceAsync("id", CancellationToken.None);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await test.EndAsync("id")).RuntimeStatus);
    }

    [Fact]
    public async Task Query_filters_and_pages_in_the_order_of_ids()
    {
        await using TestRuntime test = Waiting();
        DateTimeOffset start = test.Clock.GetUtcNow();
        for (int i = 0; i < 25; i++)
        {
            await test.StartAsync(i, id: $"a{i:00}");
            test.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        await test.StartAsync(id: "b");
        await test.Client.TerminateInstanceAsync("a03", CancellationToken.None);
        await test.IdleAsync();

        OrchestrationQuery query = new(
            CreatedFrom: start.AddMinutes(2),
            CreatedTo: start.AddMinutes(20),
            Statuses: [OrchestrationRuntimeStatus.Running],
            InstanceIdPrefix: "a",
            PageSize: 5,
            FetchInputsAndOutputs: true);
        List<Page<OrchestrationMetadata>> pages = [];
        await foreach (Page<OrchestrationMetadata> page in test.Client.GetAllInstancesAsync(query).AsPages())
        {
            pages.Add(page);
        }

        int[] inputs = [.. pages.SelectMany(page => page.Values).Select(instance => instance.ReadInputAs<int>())];
        Assert.Equal([2, .. Enumerable.Range(4, 17)], inputs);
        Assert.All(pages.SkipLast(1), page => Assert.Equal(5, page.Values.Count));

        List<string> rest = [];
        await foreach (OrchestrationMetadata instance in test.Client.GetAllInstancesAsync(query with { ContinuationToken = pages[1].ContinuationToken }))
        {
            rest.Add(instance.InstanceId);
        }

        Assert.Equal(pages.Skip(2).SelectMany(page => page.Values).Select(instance => instance.InstanceId), rest);
    }

    [Fact]
    public async Task Purge_takes_finished_instances_only()
    {
        await using TestRuntime test = Waiting();
        await test.StartAsync(id: "running");
        await test.StartAsync(id: "old");
        await test.Client.TerminateInstanceAsync("old", CancellationToken.None);
        test.Clock.Advance(TimeSpan.FromDays(1));
        await test.StartAsync(id: "new");
        await test.Client.TerminateInstanceAsync("new", CancellationToken.None);
        await test.IdleAsync();

        Assert.Equal(0, (await test.Client.PurgeInstanceAsync("running")).PurgedInstanceCount);
        PurgeInstancesFilter before = new(CreatedTo: test.Clock.GetUtcNow().AddHours(-1));
        Assert.Equal(1, (await test.Client.PurgeAllInstancesAsync(before)).PurgedInstanceCount);

        Assert.Null(await test.Client.GetInstanceAsync("old"));
        Assert.NotNull(await test.Client.GetInstanceAsync("running"));
        Assert.NotNull(await test.Client.GetInstanceAsync("new"));
    }

    private static TestRuntime Waiting(bool replay = false)
    {
        TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<string>("go"));
        return test;
    }
}
