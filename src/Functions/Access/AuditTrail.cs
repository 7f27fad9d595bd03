using System.Security.Cryptography;
using HpoServerless.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Access;

/// <summary>Notes who did what: in the audit log, and as an event of the log.</summary>
/// <remarks>
/// <para>Requests of nobody (401) are not kept, and logged for who looks for them (Debug) alone: strangers must not be able to fill the storage, nor a log that is limited by the day.</para>
/// <para>What was done is done: where the entry cannot be kept, the answer stays as it is and the log has the entry, as an error.</para>
/// </remarks>
public sealed partial class AuditTrail(IAuditStore store, TimeProvider time, ILogger<AuditTrail> logger)
{
    private const int LongestTarget = 120;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Notes that somebody did something, or was not let.</summary>
    internal async Task NoteAsync(Caller caller, string action, string target, int status, string traceId)
    {
        DateTimeOffset now = time.GetUtcNow();
        AuditEntry entry = new(
            AuditEntry.IdAt(now, RandomNumberGenerator.GetHexString(8, lowercase: true)),
            now,
            caller.Id,
            caller.Name,
            string.Join(' ', caller.RoleNames),
            action,
            Printable.Of(target, LongestTarget),
            status,
            traceId);
        if (caller == Caller.Nobody)
        {
            LogRefused(entry.Action, entry.Target, entry.Status, entry.TraceId);
            return;
        }

        LogDone(entry.User, entry.Name, entry.Role, entry.Action, entry.Target, entry.Status, entry.TraceId);
        try
        {
            using CancellationTokenSource patience = new(Patience, time);
            await store.AppendAsync(entry, patience.Token);
        }
        catch (Exception error)
        {
            LogLost(error, entry.User, entry.Action, entry.Target, entry.Status, entry.TraceId);
        }
    }

    [LoggerMessage(1111, LogLevel.Information, "Audit: {User} ({Name}, {Role}) {Action} {Target}: {Status}; trace {TraceId}", EventName = "Audited")]
    private partial void LogDone(string user, string name, string role, string action, string target, int status, string traceId);

    [LoggerMessage(1113, LogLevel.Debug, "Nobody was let: {Action} {Target}: {Status}; trace {TraceId}", EventName = "StrangerRefused")]
    private partial void LogRefused(string action, string target, int status, string traceId);

    [LoggerMessage(1112, LogLevel.Error, "The audit log could not take: {User} {Action} {Target}: {Status}; trace {TraceId}", EventName = "AuditLost")]
    private partial void LogLost(Exception error, string user, string action, string target, int status, string traceId);
}
