using System.Text.Json;
using System.Text.Unicode;
using HpoServerless.Engine.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace HpoServerless.Functions.Http;

/// <summary>Reads bodies within limits: nothing that a caller sends can take more than its share.</summary>
internal static class RequestBody
{
    /// <summary>Largest JSON body.</summary>
    public const int MaxJsonBytes = 1 << 20;

    /// <summary>Deepest JSON body.</summary>
    public const int MaxJsonDepth = 32;

    /// <summary>A body as it came.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <paramref name="max"/>; status 413.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, long max, CancellationToken cancellation)
    {
        if (request.ContentLength > max)
        {
            throw TooLarge(max);
        }

        using MemoryStream content = new((int)(request.ContentLength ?? 0));
        byte[] buffer = new byte[1 << 16];
        for (int count = await request.Body.ReadAsync(buffer, cancellation); count > 0; count = await request.Body.ReadAsync(buffer, cancellation))
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
    /// <exception cref="InvalidInputException">It is missing, no JSON, too deep, or has members twice; lists them all.</exception>
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
        List<Fault> faults = [];
        FindFaults(json, string.Empty, faults);
        return faults.Count == 0 ? json : throw new InvalidInputException([.. faults]);
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

    private static void FindFaults(JsonElement json, string path, List<Fault> faults)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            int index = 0;
            foreach (JsonElement item in json.EnumerateArray())
            {
                FindFaults(item, $"{path}[{index++}]", faults);
            }
        }
        else if (json.ValueKind == JsonValueKind.String && !IsWellFormed(json))
        {
            faults.Add(new(path.Length == 0 ? "body" : path, null, "must be well-formed Unicode"));
        }
        else if (json.ValueKind == JsonValueKind.Object)
        {
            HashSet<string> names = [];
            foreach (JsonProperty member in json.EnumerateObject())
            {
                string name = NameOf(member, path);
                string memberPath = path.Length == 0 ? name : $"{path}.{name}";
                if (!names.Add(name))
                {
                    faults.Add(new(memberPath, null, "is given twice"));
                }

                FindFaults(member.Value, memberPath, faults);
            }
        }
    }

    private static bool IsWellFormed(JsonElement text)
    {
        try
        {
            return text.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false; // half of a character, as \ud800
        }
    }

    private static string NameOf(JsonProperty member, string path)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw new InvalidInputException(new Fault(path.Length == 0 ? "body" : path, null, "has a member whose name is not well-formed Unicode"));
        }
    }

    private static BadHttpRequestException TooLarge(long max) =>
        new($"the body must be at most {max} bytes", StatusCodes.Status413PayloadTooLarge);
}
