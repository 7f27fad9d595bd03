using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Http;

/// <summary>Collects the errors that the service did not expect.</summary>
internal sealed class UnexpectedErrors : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Unexpected { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
        // Holds nothing.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null && logLevel >= LogLevel.Error)
        {
            Unexpected.Enqueue($"{formatter(state, exception)}\n{exception}");
        }
    }
}
