using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class StressTests
{
    [Theory]
    [InlineData(false, 3000)]
    [InlineData(true, 1000)]
    public async Task Thousands_of_instances_finish_with_the_right_results(bool replay, int instances)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddActivity<int, int>("Double", async x =>
        {
            await Task.Yield();
            return x % 7 == 3 ? throw new TimeoutException() : 2 * x;
        });
        test.Runtime.AddOrchestrator<int, int>("Child", (context, x) => context.CallActivityAsync<int>("Double", x));
        test.Runtime.AddOrchestrator<int, int>("Main", async (context, n) =>
        {
            Task<int>[] calls =
            [
                context.CallActivityAsync<int>("Double", n),
                context.CallActivityAsync<int>("Double", n + 1),
                context.CallSubOrchestratorAsync<int>("Child", n + 2),
            ];
            int sum = 0;
            foreach (Task<int> call in calls)
            {
                try
                {
                    sum += await call;
                }
                catch (TaskFailedException)
                {
                    sum--;
                }
            }

            return sum;
        });

        string[] ids = await Task.WhenAll(Enumerable.Range(0, instances).Select(n => test.StartAsync(n)));

        for (int n = 0; n < instances; n++)
        {
            int expected = Enumerable.Range(n, 3).Sum(x => x % 7 == 3 ? -1 : 2 * x);
            Assert.Equal(expected, (await test.EndAsync(ids[n])).ReadOutputAs<int>());
        }
    }

    [Theory]
    [InlineData(false, 250)]
    [InlineData(true, 25)]
    public async Task No_event_is_lost_between_generations(bool replay, int eventsEach)
    {
        const int Instances = 20;
        const int Senders = 4;
        int total = Senders * eventsEach;
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<Tally, Tally>("Main", async (context, tally) =>
        {
            // A wait, an activity during which more events arrive, a drain that is cut short: then a new generation.
            tally = tally.Add(await context.WaitForExternalEvent<int>("n"));
            await context.CallActivityAsync("Echo", "x");
            for (int i = 0; i < 5 && tally.Count < total; i++)
            {
                tally = tally.Add(await context.WaitForExternalEvent<int>("n"));
            }

            if (tally.Count < total)
            {
                context.ContinueAsNew(tally);
            }

            return tally;
        });
        string[] ids = await Task.WhenAll(Enumerable.Range(0, Instances).Select(_ => test.StartAsync(new Tally(0, 0))));

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (int i = 0; i < eventsEach; i++)
            {
                foreach (string id in ids)
                {
                    await test.Client.RaiseEventAsync(id, "n", (sender * eventsEach) + i);
                }
            }
        })));

        foreach (string id in ids)
        {
            Assert.Equal(new Tally(total, (long)total * (total - 1) / 2), (await test.EndAsync(id)).ReadOutputAs<Tally>());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Racing_starts_of_one_id_run_one_instance(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(context => context.WaitForExternalEvent<int>("go"));

        for (int round = 0; round < 50; round++)
        {
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await test.StartAsync(id: "same");
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false;
                }
            })));
            await test.Client.RaiseEventAsync("same", "go", round);

            Assert.Single(won, w => w);
            Assert.Equal(round, (await test.EndAsync("same")).ReadOutputAs<int>());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Terminations_suspensions_and_events_at_random_leave_nothing_hanging(bool replay)
    {
        await using TestRuntime test = new(replay, options => options with { MaxConcurrentActivities = 4 });
        test.Orchestrate(async context =>
        {
            for (int i = 0; i < 3; i++)
            {
                using CancellationTokenSource done = new();
                Task<int> bell = context.WaitForExternalEvent<int>("bell", done.Token);
                await Task.WhenAny(bell, context.CreateTimer(TimeSpan.FromMinutes(1), done.Token), context.CallActivityAsync("Echo", "x"));
                done.Cancel();
            }

            return "done";
        });
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => test.StartAsync(id: $"i{i}")));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            Random random = new(worker);
            for (int i = 0; i < 1000; i++)
            {
                string id = ids[random.Next(ids.Length)];
                await (random.Next(5) switch
                {
                    0 => test.Client.TerminateInstanceAsync(id, "stop"),
                    1 => test.Client.SuspendInstanceAsync(id),
                    2 => test.Client.ResumeInstanceAsync(id),
                    _ => test.Client.RaiseEventAsync(id, "bell", i),
                });
            }
        })));
        foreach (string id in ids)
        {
            await test.Client.ResumeInstanceAsync(id);
        }

        for (int minute = 0; minute < 3; minute++)
        {
            await test.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        foreach (string id in ids)
        {
            OrchestrationRuntimeStatus status = (await test.EndAsync(id)).RuntimeStatus;
            Assert.Contains(status, new[] { OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated });
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_in_full_flight_returns(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<int, int>("Main", async (context, n) =>
        {
            await context.CallActivityAsync("Echo", "x");
            context.ContinueAsNew(n + 1);
            return n;
        });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(n => test.StartAsync(n)));

        await test.Runtime.StopAsync(TimeSpan.FromMinutes(1));
        await test.IdleAsync();

        int running = 0;
        await foreach (OrchestrationMetadata _ in test.Client.GetAllInstancesAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending])))
        {
            running++;
        }

        Assert.Equal(100, running);
    }

    private sealed record Tally(int Count, long Sum)
    {
        public Tally Add(int n) => new(Count + 1, Sum + n);
    }
}
