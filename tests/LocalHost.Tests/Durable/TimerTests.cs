using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class TimerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CreateTimer_fires_at_its_time_and_not_before(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            await context.CreateTimer(TimeSpan.FromDays(100), CancellationToken.None); // beyond what timers of the system can do at once
            return context.CurrentUtcDateTime;
        });
        DateTime start = test.Clock.GetUtcNow().UtcDateTime;

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromDays(100) - TimeSpan.FromTicks(1));
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await test.StatusAsync(id)).RuntimeStatus);
        await test.AdvanceAsync(TimeSpan.FromMilliseconds(1));

        DateTime woken = (await test.EndAsync(id)).ReadOutputAs<DateTime>();
        Assert.InRange(woken, start.AddDays(100), start.AddDays(100).AddMilliseconds(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CreateTimer_in_the_past_fires_at_once(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            await context.CreateTimer(context.CurrentUtcDateTime.AddHours(-1), CancellationToken.None);
            return "woken";
        });

        Assert.Equal("woken", await test.ResultAsync<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelled_timer_throws_TaskCanceledException_and_never_fires(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            using CancellationTokenSource cancel = new();
            Task timer = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
            await context.CallActivityAsync("Echo", "x");
            cancel.Cancel();
            TaskCanceledException thrown = await Assert.ThrowsAsync<TaskCanceledException>(() => timer);
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.CreateTimer(TimeSpan.FromHours(1), cancel.Token));
            await context.CreateTimer(TimeSpan.FromHours(2), CancellationToken.None);
            return thrown.CancellationToken == cancel.Token;
        });

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromHours(3));

        Assert.True((await test.EndAsync(id)).ReadOutputAs<bool>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Timer_or_event_whichever_is_first(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            List<string> woken = [];
            for (int i = 0; i < 3; i++)
            {
                using CancellationTokenSource done = new();
                Task<string> bell = context.WaitForExternalEvent<string>("bell", done.Token);
                Task timer = context.CreateTimer(TimeSpan.FromMinutes(10), done.Token);
                woken.Add(await Task.WhenAny(bell, timer) == bell ? await bell : "timer");
                done.Cancel();
            }

            return woken;
        });

        string id = await test.StartAsync();
        await test.AdvanceAsync(TimeSpan.FromMinutes(10));
        await test.Client.RaiseEventAsync(id, "bell", "bell");
        await test.AdvanceAsync(TimeSpan.FromMinutes(9));
        await test.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["timer", "bell", "timer"], (await test.EndAsync(id)).ReadOutputAs<string[]>()!);
    }
}
