using HpoServerless.Adapters.Stores.Memory;
using HpoServerless.Functions.Access;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Tests.Access;

/// <summary>What the log has of keys that cannot be read, and of strangers.</summary>
public sealed class AccessLogTests
{
    [Fact]
    public void A_key_that_the_vault_did_not_give_is_an_error_of_the_log()
    {
        AccessKeys keys = AccessKeys.Read(
            new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Keys:alice", (string?)"@Microsoft.KeyVault(SecretUri=x)")]).Build().GetSection("Keys"), []);
        Lines<CallerReader> log = new();

        _ = new CallerReader(new() { TrialKey = new byte[32], Access = new() { Keys = keys } }, log);

        (int id, LogLevel level, string text) = Assert.Single(log.Seen);
        Assert.Equal((1103, LogLevel.Error), (id, level));
        Assert.Contains("alice", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_fill_neither_the_log_nor_the_storage()
    {
        Lines<AuditTrail> log = new();
        AuditTrail trail = new(MemoryStores.Create().Audit, TimeProvider.System, log);

        await trail.NoteAsync(Caller.Nobody, "experiment.start", "experiments", 401, "t");
        await trail.NoteAsync(new("alice", "alice", Roles.Reader), "experiment.start", "experiments", 403, "t");

        Assert.Equal([(1113, LogLevel.Debug), (1111, LogLevel.Information)], log.Seen.Select(line => (line.Id, line.Level)));
    }

    private sealed class Lines<T> : ILogger<T>
    {
        public List<(int Id, LogLevel Level, string Text)> Seen { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Seen.Add((eventId.Id, logLevel, formatter(state, exception)));
    }
}
