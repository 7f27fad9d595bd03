using Microsoft.Extensions.Logging;

namespace HpoServerless.LocalHost;

/// <summary>Logs to two places. Neither belongs to it.</summary>
internal sealed class TwoLoggerFactories(ILoggerFactory first, ILoggerFactory second) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(first.CreateLogger(categoryName), second.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("there are two places to log to, and no more");

    public void Dispose()
    {
        // Both belong to the caller.
    }

    private sealed class Logger(ILogger first, ILogger second) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            IDisposable? one = first.BeginScope(state);
            IDisposable? other = second.BeginScope(state);
            return one is null ? other : other is null ? one : new Scope(one, other);
        }

        public bool IsEnabled(LogLevel logLevel) => first.IsEnabled(logLevel) || second.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            first.Log(logLevel, eventId, state, exception, formatter);
            second.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private sealed class Scope(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            other.Dispose();
            one.Dispose();
        }
    }
}
