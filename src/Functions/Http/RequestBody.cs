using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using HpoServerless.Engine.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace HpoServerless.Functions.Http;

/// <summary>Reads bodies within limits: nothing that a caller sends can take more than its share.</summary>
internal static class RequestBody
{
    /// <summary>Largest JSON body.</summary>
    public const int MaxJsonBytes = 1 << 20;

    /// <summary>Deepest JSON body.</summary>
    public const int MaxJsonDepth = 32;

    /// <summary>A body that may be larger than what the server allows by default. Whoever reads it counts.</summary>
    /// <exception cref="BadHttpRequestException">It is said to be larger than <paramref name="max"/>; status 413.</exception>
    public static Stream Open(HttpRequest request, long max)
    {
        if (request.ContentLength > max)
        {
            throw TooLarge(max);
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit && limit.MaxRequestBodySize < max)
        {
            limit.MaxRequestBodySize = max;
        }

        return request.Body;
    }

    /// <summary>A body as it came.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <paramref name="max"/>; status 413.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, long max, CancellationToken cancellation)
    {
        Stream body = Open(request, max);
        using MemoryStream content = new((int)(request.ContentLength ?? 0));
        byte[] buffer = new byte[1 << 16];
        for (int count = await body.ReadAsync(buffer, cancellation); count > 0; count = await body.ReadAsync(buffer, cancellation))
        {
            if (content.Length + count > max)
            {
                throw TooLarge(max);
            }

            content.Write(buffer, 0, count);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <summary>A JSON body without duplicate members, and whose texts are texts.</summary>
    /// <exception cref="InvalidInputException">It is missing, no JSON, too deep, or has members twice; lists them all, up to a limit.</exception>
    /// <exception cref="BadHttpRequestException">It is too large (413) or said to be something else (415).</exception>
    public static async Task<JsonElement> ReadJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentType is { } type
            && !(MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? media) && (media.SubType == "json" || media.Suffix == "json")))
        {
            throw new BadHttpRequestException($"the body must be application/json, was {type}", StatusCodes.Status415UnsupportedMediaType);
        }

        ReadOnlyMemory<byte> content = await ReadAsync(request, MaxJsonBytes, cancellation);
        if (content.IsEmpty)
        {
            throw new InvalidInputException(new Fault("body", null, "is missing"));
        }

        if (!Utf8.IsValid(content.Span))
        {
            throw new InvalidInputException(new Fault("body", null, "must be UTF-8"));
        }

        JsonElement json = Parse(content);
        ImmutableArray<Fault> faults = JsonFaults.Find(json);
        return faults.IsEmpty ? json : throw new InvalidInputException(faults);
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, new() { MaxDepth = MaxJsonDepth });
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(new Fault(
                "body", null, $"must be JSON of at most {MaxJsonDepth} levels; it is not at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}"));
        }
    }

    private static BadHttpRequestException TooLarge(long max) =>
        new($"the body must be at most {max} bytes", StatusCodes.Status413PayloadTooLarge);
}
