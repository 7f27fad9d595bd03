using System.Globalization;
using Azure;
using Azure.Data.Tables.Models;
using Azure.Identity;
using HpoServerless.Engine.Errors;

namespace HpoServerless.Adapters.Stores.Azure;

/// <summary>The one place where calls to the storage get their time-out, and their errors become ours.</summary>
/// <param name="service">Which service, for messages.</param>
/// <param name="limit">How long one call may take, repetitions included.</param>
internal sealed class StorageCalls(string service, TimeSpan limit)
{
    /// <summary>Runs a call.</summary>
    /// <param name="what">The table row or blob, for messages.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="more">How much longer than others it may take.</param>
    /// <exception cref="UnavailableException">No answer, a passing error of the service, or no access.</exception>
    /// <exception cref="ConflictException">The storage refused because of the present state, and the caller did not expect that.</exception>
    public async Task<T> RunAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellation, TimeSpan more = default)
    {
        cancellation.ThrowIfCancellationRequested();
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(limit + more);
        try
        {
            return await call(bound.Token);
        }
        catch (Exception e) when (Translate(e, what, cancellation) is not null)
        {
            throw Translate(e, what, cancellation)!;
        }
    }

    /// <summary>Our error for an error of the client; null where it has to pass as it is, because only a mistake in this code explains it.</summary>
    private Exception? Translate(Exception error, string what, CancellationToken cancellation) => error switch
    {
        OperationCanceledException when cancellation.IsCancellationRequested => null,
        AggregateException when cancellation.IsCancellationRequested => new OperationCanceledException(error.Message, error, cancellation),
        RequestFailedException refusal => Translate(refusal, what),
        AggregateException many => Translate(many.Flatten().InnerExceptions[^1], what, cancellation), // one for each repetition
        OperationCanceledException => new UnavailableException(service, $"no answer in time for {what}", error),
        HttpRequestException or IOException => new UnavailableException(service, $"the connection broke for {what}", error),
        AuthenticationFailedException => new UnavailableException(service, "the identity got no token", error),
        _ => null,
    };

    private HpoException? Translate(RequestFailedException refusal, string what) => refusal switch
    {
        { Status: 0 or 408 or 429 or >= 500 } => new UnavailableException(service, $"{Describe(refusal)} for {what}", refusal),
        { Status: 401 or 403 } => new UnavailableException(
            service, $"{Describe(refusal)} for {what}: the identity needs the roles Storage Table Data Contributor and Storage Blob Data Contributor", refusal),
        _ when IsMissing(refusal) => new UnavailableException(service, $"{Describe(refusal)} for {what}: start again to create it", refusal),
        { Status: 404 or 409 or 412 } => new ConflictException("stored value", what, $"is not as expected: {Describe(refusal)}"),
        _ => null,
    };

    /// <summary>Whether the whole table or container is missing, or on its way out.</summary>
    public static bool IsMissing(RequestFailedException refusal) =>
        refusal.ErrorCode is { } code
        && (code == TableErrorCode.TableNotFound || code == TableErrorCode.TableBeingDeleted || code is "ContainerNotFound" or "ContainerBeingDeleted");

    private static string Describe(RequestFailedException refusal) => refusal.Status == 0
        ? "no connection"
        : string.Create(CultureInfo.InvariantCulture, $"status {refusal.Status} {refusal.ErrorCode}").TrimEnd();
}
