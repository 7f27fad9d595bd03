using HpoServerless.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HpoServerless.Functions.Access;

/// <summary>The one place that decides who calls, and whether that suffices.</summary>
/// <remarks>
/// <para>All functions are open to the platform; this is what keeps them, alike on one machine and in the cloud (docs/adr/0008).</para>
/// <para>A key goes before a sign-in, so that who shows a wrong key hears of it. Headers about a sign-in count only where the settings say that App Service authentication stands before this app.</para>
/// </remarks>
public sealed partial class CallerReader
{
    /// <summary>Header with a key.</summary>
    public const string KeyHeader = "x-functions-key";

    /// <summary>Parameter of the address with a key, for tools that cannot send headers.</summary>
    public const string KeyQuery = "code";

    private const string KeyHint = "send a key in the header x-functions-key";
    private const string SignInHint = $"sign in and send the token in the header Authorization, or {KeyHint}";

    private readonly AccessOptions _access;

    /// <param name="options">Has the keys.</param>
    /// <param name="logger">Is told whose keys cannot be read.</param>
    public CallerReader(HpoOptions options, ILogger<CallerReader> logger)
    {
        _access = options.Access;
        foreach (string user in _access.Keys.Unresolved)
        {
            LogUnresolved(logger, Printable.Of(user));
        }
    }

    /// <summary>Lets a request in, or says why not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="right">What it needs.</param>
    /// <param name="caller">Who calls; nobody where that does not matter.</param>
    /// <returns>The answer to whoever is not let in; null to let in.</returns>
    internal Problem? Refuse(HttpRequest request, Right right, out Caller caller)
    {
        caller = Caller.Nobody;
        if (right is Right.Open or Right.Trial)
        {
            return null;
        }

        if (!_access.IsBehindEntra && _access.Keys.Count == 0)
        {
            return Problem.Unauthorized("this service has no keys yet, so nobody can call it: whoever runs it sets Hpo__Keys__NAME to operator:KEY");
        }

        if (Find(request) is not { } known)
        {
            return Problem.Unauthorized($"{Wrong(request)}{(_access.IsBehindEntra ? SignInHint : KeyHint)}; whoever runs this service gives out both");
        }

        caller = known;
        return known.May(right) ? null : Problem.Forbidden(
            $"this needs the role {string.Join(" or ", Needed(right))}; {known.Name} has {(known.RoleNames.IsEmpty ? "none" : string.Join(", ", known.RoleNames))}: ask whoever runs this service for it");
    }

    private static IEnumerable<string> Needed(Right right) =>
        new Caller(string.Empty, string.Empty, Caller.Enough(right)).RoleNames.Reverse();

    private Caller? Find(HttpRequest request) =>
        GivenKey(request) is { } key ? _access.Keys.Find(key)
        : _access.IsBehindEntra && PrincipalHeader.IsIn(request) ? PrincipalHeader.Read(request)
        : null;

    private static string? GivenKey(HttpRequest request) =>
        request.Headers.TryGetValue(KeyHeader, out var header) ? header.ToString()
        : request.Query.TryGetValue(KeyQuery, out var query) ? query.ToString()
        : null;

    private string Wrong(HttpRequest request) =>
        GivenKey(request) is not null ? "this key is not known (any more): "
        : _access.IsBehindEntra && PrincipalHeader.IsIn(request) ? "the headers of the sign-in cannot be read: "
        : string.Empty;

    [LoggerMessage(1103, LogLevel.Error, "The key of {User} is a reference to Key Vault that was not resolved: it opens nothing until the app starts again and can read it", EventName = "KeyUnresolved")]
    private static partial void LogUnresolved(ILogger logger, string user);
}
