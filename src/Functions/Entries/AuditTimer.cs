using HpoServerless.Engine.Ports;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Entries;

/// <summary>Removes what the audit log has kept long enough, once a day.</summary>
public sealed class AuditTimer(IAuditStore audit, HpoOptions options, TimeProvider time)
{
    /// <summary>Removes old days.</summary>
    [Function("PruneAudit")]
    public Task RunAsync([TimerTrigger("0 17 3 * * *")] TimerInfo timer, CancellationToken cancellation) =>
        audit.PruneAsync(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-options.Access.AuditDays), cancellation);
}
