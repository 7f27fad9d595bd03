using System.Collections.Concurrent;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost.Tests.Durable;

public sealed class LocalOrchestrationContextTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallActivity_in_sequence_and_in_parallel_returns_results_in_order(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddActivity<int, int>("Square", x => Task.FromResult(x * x));
        test.Orchestrate(async context =>
        {
            int first = await context.CallActivityAsync<int>("square", 3); // names: without regard to case
            int[] rest = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => context.CallActivityAsync<int>("Square", i)));
            return first + rest.Sum();
        });

        Assert.Equal(9 + 2470, await test.ResultAsync<int>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Payloads_pass_by_value(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddActivity<List<int>, List<int>>("Append", list =>
        {
            list.Add(4);
            return Task.FromResult(list);
        });
        test.Runtime.AddOrchestrator<List<int>, int[]>("Main", async (context, mine) =>
        {
            List<int> theirs = await context.CallActivityAsync<List<int>>("Append", mine);
            theirs.Add(5);
            return [mine.Count, theirs.Count, context.GetInput<List<int>>()!.Count];
        });

        Assert.Equal([3, 5, 3], await test.ResultAsync<List<int>>(new List<int> { 1, 2, 3 }));
    }

    [Fact]
    public async Task Payloads_that_JSON_cannot_carry_fail_the_orchestrator()
    {
        await using TestRuntime test = new(replay: false);
        test.Orchestrate(context => context.CallActivityAsync<string>("Echo", new Action(() => { })));

        OrchestrationMetadata end = await test.RunAsync();

        Assert.Equal("System.NotSupportedException", end.FailureDetails!.ErrorType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Identity_and_time_are_those_of_the_instance(bool replay)
    {
        await using TestRuntime test = new(replay);
        DateTime start = test.Clock.GetUtcNow().UtcDateTime;
        test.Orchestrate(async context =>
        {
            await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            return (context.Name.Name, context.InstanceId, context.Version, context.Parent is null, context.CurrentUtcDateTime.Kind, context.CurrentUtcDateTime);
        });

        await test.StartAsync(id: "me");
        await test.AdvanceAsync(TimeSpan.FromHours(1));
        OrchestrationMetadata end = await test.EndAsync("me");

        Assert.Equal(
            ("Main", "me", "", true, DateTimeKind.Utc, start.AddHours(1)),
            end.ReadOutputAs<(string, string, string, bool, DateTimeKind, DateTime)>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NewGuid_is_unique_and_survives_replay(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            Guid first = context.NewGuid();
            Guid second = context.NewGuid();
            string echoed = await context.CallActivityAsync<string>("Echo", first.ToString());
            return new[] { first, second, context.NewGuid(), Guid.Parse(echoed) };
        });

        Guid[] drawn = await test.ResultAsync<Guid[]>();
        Guid[] others = await test.ResultAsync<Guid[]>();

        Assert.Equal(drawn[0], drawn[3]);
        Assert.Equal(6, drawn.Take(3).Concat(others.Take(3)).Distinct().Count());
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task IsReplaying_is_true_only_for_events_seen_before(bool replay, int minimum)
    {
        await using TestRuntime test = new(replay);
        ConcurrentQueue<bool> seen = new();
        test.Orchestrate(async context =>
        {
            seen.Enqueue(context.IsReplaying);
            return await context.CallActivityAsync<string>("Echo", "x");
        });

        await test.ResultAsync<string>();

        Assert.False(seen.First());
        Assert.True(seen.Count(s => s) >= minimum);
        Assert.Equal(replay, seen.Contains(true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replay_safe_logger_writes_each_line_once(bool replay)
    {
        using LineLoggerFactory log = new();
        await using TestRuntime test = new(replay, options => options with { LoggerFactory = log });
        test.Orchestrate(async context =>
        {
            ILogger logger = context.CreateReplaySafeLogger("me");
            logger.LogInformation("first");
            await context.CallActivityAsync("Echo", "x");
            logger.LogInformation("second");
            await context.CallActivityAsync("Echo", "y");
            logger.LogInformation("third");
            return 0;
        });

        await test.ResultAsync<int>();

        Assert.Equal(["first", "second", "third"], log.Lines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SetCustomStatus_is_visible_and_outlives_ContinueAsNew(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Runtime.AddOrchestrator<bool, string>("Main", async (context, second) =>
        {
            if (!second)
            {
                context.SetCustomStatus(new { Phase = "first" });
                context.ContinueAsNew(true);
                return "";
            }

            return await context.WaitForExternalEvent<string>("go");
        });

        string id = await test.StartAsync(false);
        await test.IdleAsync();

        Assert.Equal("""{"Phase":"first"}""", (await test.StatusAsync(id)).SerializedCustomStatus);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ContinueWith_and_yield_stay_within_the_turn(bool replay)
    {
        await using TestRuntime test = new(replay);
        test.Orchestrate(async context =>
        {
            Task<string> call = context.CallActivityAsync<string>("Echo", "a");
            string continued = await call.ContinueWith(done => done.Result + context.NewGuid().ToString()[..0], TaskScheduler.Current);
            await Task.Yield();
            return continued + await Task.Factory.StartNew(() => "b", CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Current);
        });

        Assert.Equal("ab", await test.ResultAsync<string>());
    }

    private sealed class LineLoggerFactory : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
