using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using HpoServerless.Functions.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>Who did what, for operators.</summary>
public sealed class AuditLog(IAuditStore store, Answers answers)
{
    internal static readonly string[] Filters = ["from", "to", "user", "experiment"];

    /// <summary>Lists what was done, newest first.</summary>
    [Function("ListAudit")]
    public Task<IResult> ListAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "audit")] HttpRequest request, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Operate), async _ => new PageAnswer<AuditEntry, AuditView>(
            await store.ListAsync(Read(request), PageQuery.Read(request), cancellation), AuditView.Of));

    private static AuditQuery Read(HttpRequest request)
    {
        List<Fault> faults = [];
        AuditQuery query = new(Time("from"), Time("to"), Text("user"), Text("experiment") is { } experiment ? $"experiments/{experiment}" : null);
        return faults.Count == 0 ? query : throw new InvalidInputException([.. faults]);

        string? Text(string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

        DateTimeOffset? Time(string name)
        {
            if (Text(name) is not { } text)
            {
                return null;
            }

            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) && time.Year is > 1600 and < 9000)
            {
                return time;
            }

            faults.Add(new(name, text, "must be a time such as 2026-01-31T08:00:00Z"));
            return null;
        }
    }
}

/// <summary>Somebody did something, or was not let.</summary>
/// <param name="At">When.</param>
/// <param name="User">Id of who did it.</param>
/// <param name="Name">What people call who did it.</param>
/// <param name="Role">Roles at that time, the widest first.</param>
/// <param name="Action">What was done.</param>
/// <param name="Target">With what, as the end of an address.</param>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="TraceId">Under which logs tell more.</param>
public sealed record AuditView(DateTimeOffset At, string User, string Name, string Role, string Action, string Target, int Status, string TraceId)
{
    /// <summary>An entry as the API shows it.</summary>
    public static AuditView Of(AuditEntry entry) => new(entry.At, entry.User, entry.Name, entry.Role, entry.Action, entry.Target, entry.Status, entry.TraceId);
}
