using Microsoft.Extensions.Logging;

namespace HpoServerless.Cli.Output;

/// <summary>Log messages as lines of text: time, level, message, and the error in one line.</summary>
/// <param name="writer">Where to.</param>
/// <param name="least">What is less important is left out. Of what is not ours, only warnings and worse are written.</param>
/// <param name="time">The clock.</param>
/// <param name="withStacks">Whether errors come with their stacks.</param>
internal sealed class TextLogs(TextWriter writer, LogLevel least, TimeProvider time, bool withStacks) : ILoggerFactory
{
    private readonly Lock _gate = new();

    /// <summary>Logs of a command: more of them, and with stacks, where the user debugs.</summary>
    public static TextLogs For(CliContext context, LogLevel least)
    {
        bool debug = context.Variable("HPO_DEBUG") == "1";
        return new(context.Error, debug ? LogLevel.Debug : least, context.Time, debug);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(
        this,
        categoryName.StartsWith("HpoServerless", StringComparison.Ordinal) || least > LogLevel.Warning ? least
            : categoryName.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal) ? LogLevel.Critical // what fails there, we tell
            : LogLevel.Warning);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("there is one place to log to");

    public void Dispose()
    {
        // The writer belongs to the caller.
    }

    private void Write(LogLevel level, string message, Exception? error)
    {
        string cause = error is null ? string.Empty
            : withStacks ? $"{Environment.NewLine}{error}"
            : $" ({error.GetType().Name}: {OnOneLine(error.Message)})";
        lock (_gate)
        {
            writer.WriteLine($"{time.GetLocalNow():HH:mm:ss} {Short(level)} {OnOneLine(message)}{cause}");
        }
    }

    /// <summary>What users and programs wrote can neither begin a line of its own nor command a terminal.</summary>
    private static string OnOneLine(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) || c is '\u202a' or '\u202b' or '\u202d' or '\u202e' ? '?' : c));

    private static string Short(LogLevel level) => level switch
    {
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        _ => "info",
    };

    private sealed class Logger(TextLogs logs, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                logs.Write(logLevel, formatter(state, exception), exception);
            }
        }
    }
}
