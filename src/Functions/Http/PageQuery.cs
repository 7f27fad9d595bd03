using System.Globalization;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Ports;
using Microsoft.AspNetCore.Http;

namespace HpoServerless.Functions.Http;

/// <summary>Reads which page of a list is wanted: <c>?limit=&amp;continuation=</c>.</summary>
internal static class PageQuery
{
    public const string Limit = "limit";
    public const string Continuation = "continuation";

    private const int DefaultSize = 100;
    private const int MaxSize = 1000;

    /// <exception cref="InvalidInputException">The limit is not a number in range.</exception>
    public static PageRequest Read(HttpRequest request)
    {
        string? limit = request.Query[Limit];
        string? continuation = request.Query[Continuation];
        int size = DefaultSize;
        if (!string.IsNullOrEmpty(limit)
            && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= MaxSize))
        {
            throw new InvalidInputException(new Fault(Limit, limit, $"must be a whole number from 1 to {MaxSize}"));
        }

        return new(size, string.IsNullOrEmpty(continuation) ? null : continuation);
    }
}
