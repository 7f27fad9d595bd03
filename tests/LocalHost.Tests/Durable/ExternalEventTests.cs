namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class ExternalEventTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_raised_before_the_wait_are_kept_in_order(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            await context.WaitForExternalEvent<string>("go");
            List<int> numbers = [];
            for (int i = 0; i < 5; i++)
            {
                numbers.Add(await context.WaitForExternalEvent<int>("Number"));
            }

            return numbers;
        });

        string id = await test.StartAsync();
        for (int i = 0; i < 5; i++)
        {
            await test.Client.RaiseEventAsync(id, "number", i); // names: without regard to case
        }

        await test.Client.RaiseEventAsync(id, "go", "");

        Assert.Equal([0, 1, 2, 3, 4], (await test.EndAsync(id)).ReadOutputAs<List<int>>()!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waiters_of_one_name_are_served_first_come_first_served(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context => string.Concat(await Task.WhenAll(
            context.WaitForExternalEvent<string>("x"), context.WaitForExternalEvent<string>("y"), context.WaitForExternalEvent<string>("x"))));

        string id = await test.StartAsync();
        await test.Client.RaiseEventAsync(id, "x", "1");
        await test.Client.RaiseEventAsync(id, "x", "3");
        await test.Client.RaiseEventAsync(id, "y", "2");

        Assert.Equal("123", (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelled_waiter_takes_no_event(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            using CancellationTokenSource cancel = new();
            Task<string> first = context.WaitForExternalEvent<string>("x", cancel.Token);
            await context.CallActivityAsync("Echo", "");
            cancel.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => first);
            return await context.WaitForExternalEvent<string>("x");
        });

        string id = await test.StartAsync();
        await test.IdleAsync();
        await test.Client.RaiseEventAsync(id, "x", "kept");

        Assert.Equal("kept", (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_with_expired_timeout_throws_TaskCanceledException(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            string inTime = await context.WaitForExternalEvent<string>("x", TimeSpan.FromMinutes(1));
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEvent<string>("x", TimeSpan.FromMinutes(1)));
            return inTime;
        });

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromSeconds(30));
        await test.Client.RaiseEventAsync(id, "x", "in time");
        await test.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.Equal("in time", (await test.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unreadable_payload_fails_the_waiter(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<int>("x"));

        string id = await test.StartAsync();
        await test.Client.RaiseEventAsync(id, "x", "not a number");

        Assert.Equal("System.Text.Json.JsonException", (await test.EndAsync(id)).FailureDetails!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SendEvent_reaches_another_instance(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<int>("x"), "Receiver");
        test.Orchestrate(
            context =>
            {
                context.SendEvent("nobody", "x", 1);
                context.SendEvent("receiver", "x", 42);
                return Task.FromResult("sent");
            },
            "Sender");

        string receiver = await test.StartAsync(id: "receiver", name: "Receiver");
        await test.RunAsync(name: "Sender");

        Assert.Equal(42, (await test.EndAsync(receiver)).ReadOutputAs<int>());
    }
}
