using System.Collections.Immutable;
using HpoServerless.Functions.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace HpoServerless.Functions.Http;

/// <summary>Who the caller is to the service.</summary>
public sealed class Me(Quotas quotas, HpoOptions options, Answers answers)
{
    /// <summary>Who calls, with which roles, and how much of its quotas is used.</summary>
    [Function("GetMe")]
    public Task<IResult> GetAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "me")] HttpRequest request, CancellationToken cancellation) =>
        answers.RunAsync(request, new(Right.Known), async call =>
        {
            (Quota quota, QuotaUse? use) = await quotas.FindAsync(call.Caller, cancellation);
            return Answers.Json(new MeView(call.Caller.Id, call.Caller.Name, call.Caller.RoleNames, options.Access.ShowsAll || call.Caller.IsOperator ? "all" : "own", quota, use, options.Access.CostDays));
        });
}

/// <summary>Who the caller is to the service.</summary>
/// <param name="User">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Roles">Its roles, the widest first.</param>
/// <param name="Sees">all or own.</param>
/// <param name="Quotas">How much it may have; null for no limit.</param>
/// <param name="Use">How much it has; null where it has no limit, because nobody counts that.</param>
/// <param name="CostDays">Days for which costs count.</param>
public sealed record MeView(string User, string Name, ImmutableArray<string> Roles, string Sees, Quota Quotas, QuotaUse? Use, int CostDays);
