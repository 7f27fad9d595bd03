using System.Net;

namespace HpoServerless.Contracts.Azurite;

/// <summary>What goes wrong with one request.</summary>
public abstract record HttpFault
{
    /// <summary>503: the partition or the account is over its rate. Not executed.</summary>
    public static HttpFault ServerBusy { get; } = new Answer(HttpStatusCode.ServiceUnavailable, "ServerBusy");

    /// <summary>500: the service gave up. Not executed.</summary>
    public static HttpFault OperationTimedOut { get; } = new Answer(HttpStatusCode.InternalServerError, "OperationTimedOut");

    /// <summary>The request is executed and its answer is lost on the way back.</summary>
    public static HttpFault LostAnswer { get; } = new Lost();

    /// <summary>Nothing goes wrong; lets a request pass in the middle of a script.</summary>
    public static HttpFault None { get; } = new Late(TimeSpan.Zero, TimeProvider.System);

    /// <summary>An error answer of the service with this status and code; not executed.</summary>
    public static HttpFault Refuse(HttpStatusCode status, string code) => new Answer(status, code);

    /// <summary>The request is executed after a pause.</summary>
    public static HttpFault Delay(TimeSpan pause, TimeProvider time) => new Late(pause, time);

    /// <summary>A query answers with at most <paramref name="rows"/> rows and a continuation.</summary>
    /// <param name="rows">Rows a page, at least 1.</param>
    /// <param name="emptyFirst">Whether an empty page with a continuation comes before each page with rows, as a sparse filter makes it.</param>
    public static HttpFault ShortPage(int rows, bool emptyFirst = false) => new Short(rows, emptyFirst);

    internal sealed record Answer(HttpStatusCode Status, string Code) : HttpFault;

    internal sealed record Lost : HttpFault;

    internal sealed record Late(TimeSpan Pause, TimeProvider Time) : HttpFault;

    internal sealed record Short(int Rows, bool EmptyFirst) : HttpFault;
}
