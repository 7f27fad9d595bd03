using System.Text.Json;
using HpoServerless.Engine.Experiments;
using HpoServerless.Engine.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace HpoServerless.Functions.Http;

/// <summary>One page of a list, <c>{"value": […], "nextLink": …}</c>, written item by item: its size in memory is that of one item.</summary>
internal sealed class PageAnswer<TItem, TView>(Page<TItem> page, Func<TItem, TView> view) : IResult
{
    private const int FlushedAt = 1 << 15;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        await using Utf8JsonWriter writer = new(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartArray("value");
        foreach (TItem item in page.Items)
        {
            JsonSerializer.Serialize(writer, view(item), EngineJson.Options);
            if (writer.BytesPending + writer.BytesCommitted > 0 && response.BodyWriter.UnflushedBytes > FlushedAt)
            {
                await writer.FlushAsync(httpContext.RequestAborted);
            }
        }

        writer.WriteEndArray();
        if (page.Continuation is { } continuation)
        {
            writer.WriteString("nextLink", NextLink(httpContext.Request, continuation));
        }

        writer.WriteEndObject();
        await writer.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>The same address with the continuation; a key in the address is not repeated.</summary>
    private static string NextLink(HttpRequest request, string continuation)
    {
        QueryBuilder query = [];
        foreach (string kept in (ReadOnlySpan<string>)[PageQuery.Limit, .. AuditLog.Filters])
        {
            if (request.Query.TryGetValue(kept, out var value))
            {
                query.Add(kept, value.ToString());
            }
        }

        query.Add(PageQuery.Continuation, continuation);
        return UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, request.Path, query.ToQueryString());
    }
}
