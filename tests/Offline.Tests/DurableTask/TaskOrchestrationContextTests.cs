using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Offline.Tests.DurableTask;

/// <summary>What the overloads of an orchestration context do, seen from a runtime that derives from it.</summary>
public sealed class TaskOrchestrationContextTests
{
    private readonly ScriptedContext _context = new();

    [Fact]
    public async Task WaitForExternalEvent_raised_in_time_returns_it_and_cancels_the_timer()
    {
        Task<string> waiting = _context.WaitForExternalEvent<string>("bell", TimeSpan.FromHours(2));
        _context.Raise("ding");

        Assert.Equal("ding", await waiting);
        Assert.True(_context.TimerIsCancelled);
        Assert.Equal(_context.CurrentUtcDateTime.AddHours(2), _context.FireAt);
    }

    [Fact]
    public async Task WaitForExternalEvent_expired_is_cancelled()
    {
        Task<string> waiting = _context.WaitForExternalEvent<string>("bell", TimeSpan.FromHours(2));
        _context.Timer.SetResult();

        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        Assert.False(_context.TimerIsCancelled);
    }

    [Fact]
    public async Task WaitForExternalEvent_cancelled_by_caller_is_cancelled()
    {
        using CancellationTokenSource caller = new();
        Task<string> waiting = _context.WaitForExternalEvent<string>("bell", TimeSpan.FromHours(2), caller.Token);
        caller.Cancel();

        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
    }

    [Fact]
    public async Task CallActivityAsync_overloads_reach_the_abstract_one()
    {
        TaskOptions options = new(new RetryPolicy(2, TimeSpan.FromSeconds(1)));

        await _context.CallActivityAsync("a", 1);
        await _context.CallActivityAsync("b", options);
        await _context.CallActivityAsync<int>("c", options);
        await _context.CallSubOrchestratorAsync("d", 4, options);
        await _context.CallSubOrchestratorAsync("e", options);

        Assert.Equal([("a", 1, null), ("b", null, options), ("c", null, options), ("d", 4, options), ("e", null, options)], _context.Calls);
    }

    [Fact]
    public void ContinueAsNew_with_options_passes_both_on()
    {
        _context.ContinueAsNew(new ContinueAsNewOptions { NewInput = "next", PreserveUnprocessedEvents = false });

        Assert.Equal(("next", false), _context.Restart);
    }

    [Fact]
    public void CreateReplaySafeLogger_while_replaying_is_silent()
    {
        using RecordingLoggers loggers = new();
        _context.Loggers = loggers;
        ILogger byName = _context.CreateReplaySafeLogger("name");
        ILogger byType = _context.CreateReplaySafeLogger<TaskOrchestrationContextTests>();

        _context.Replaying = true;
        Say(byName, "old");
        Say(byType, "old");
        _context.Replaying = false;
        Say(byName, "new");
        Say(byType, "newer");

        Assert.Equal(["name: new", $"{typeof(TaskOrchestrationContextTests).FullName}: newer"], loggers.Lines);
    }

    private static void Say(ILogger logger, string line) => logger.Log(LogLevel.Information, default, line, exception: null, (s, _) => s);

    private sealed class RecordingLoggers : ILoggerFactory
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, Lines);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Nothing to add.");

        public void Dispose() => Lines.TrimExcess();
    }

    private sealed class Recorder(string category, List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{category}: {formatter(state, exception)}");
    }
}
