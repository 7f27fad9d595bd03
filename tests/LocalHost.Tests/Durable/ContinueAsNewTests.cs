using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class ContinueAsNewTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Next_generation_begins_with_the_new_input(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<int, int>("Main", async (context, n) =>
        {
            int next = int.Parse(await context.CallActivityAsync<string>("Echo", $"{n + 1}"));
            if (next < 50)
            {
                context.ContinueAsNew(next);
            }

            return next;
        });

        Assert.Equal(50, await test.ResultAsync<int>(0));
    }

    [Theory]
    [InlineData(false, true, "1,2,3")]
    [InlineData(true, true, "1,2,3")]
    [InlineData(false, false, "3")]
    [InlineData(true, false, "3")]
    public async Task Unprocessed_events_are_kept_in_order_if_asked_for(bool replay, bool preserve, string expected)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<bool, string>("Main", async (context, second) =>
        {
            if (!second)
            {
                await context.WaitForExternalEvent<string>("next");
                context.ContinueAsNew(true, preserve);
                return "";
            }

            List<string> values = [];
            do
            {
                values.Add(await context.WaitForExternalEvent<string>("value"));
            }
            while (values[^1] != "3");

            return string.Join(',', values);
        });

        string id = await test.StartAsync(false);
        await test.Client.RaiseEventAsync(id, "value", "1");
        await test.Client.RaiseEventAsync(id, "value", "2");
        await test.Client.RaiseEventAsync(id, "next", "");
        await test.IdleAsync();
        await test.Client.RaiseEventAsync(id, "value", "3");

        Assert.Equal(expected, (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answers_to_an_earlier_generation_are_ignored(bool replay)
    {
        await using TestRuntime test = new(replay);
        TaskCompletionSource slow = new();
        test.Runtime.AddActivity<string, string>("Slow", async _ =>
        {
            await slow.Task;
            return "late";
        });
        test.Runtime.AddOrchestrator<bool, string>("Main", async (context, second) =>
        {
            if (!second)
            {
                _ = context.CallActivityAsync<string>("Slow"); // task 0 of this generation
                _ = context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None); // task 1
                context.ContinueAsNew(true);
                return "";
            }

            Task<string> event0 = context.WaitForExternalEvent<string>("go");
            Task timer = context.CreateTimer(TimeSpan.FromMinutes(5), CancellationToken.None); // task 0 of the next
            return await Task.WhenAny(event0, timer) == timer ? "timer" : await event0;
        });

        string id = await test.StartAsync(false);
        await test.Client.WaitForInstanceStartAsync(id);
        slow.SetResult();
        await test.AdvanceAsync(TimeSpan.FromMinutes(2));
        await test.Client.RaiseEventAsync(id, "go", "event");

        Assert.Equal("event", (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Endless_restarts_can_be_terminated(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context =>
        {
            context.ContinueAsNew();
            return Task.FromResult(0);
        });

        string id = await test.StartAsync();
        await test.Client.WaitForInstanceStartAsync(id);
        await test.Client.TerminateInstanceAsync(id, "stop");

        OrchestrationMetadata end = await test.EndAsync(id);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "\"stop\""), (end.RuntimeStatus, end.SerializedOutput));
    }
}
