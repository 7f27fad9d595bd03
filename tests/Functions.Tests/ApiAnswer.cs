using System.Net.Http.Headers;
using System.Text.Json;

namespace HpoServerless.Functions.Tests;

/// <summary>An answer of the HTTP API.</summary>
internal sealed record ApiAnswer(int Status, string? ContentType, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Text);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Paths of all faults of a problem.</summary>
    public IEnumerable<string> FaultPaths => Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString()!);

    public static async Task<ApiAnswer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);

    /// <summary>Asserts the shape of RFC 9457 and the status.</summary>
    public ApiAnswer IsProblem(int status)
    {
        Assert.True(status == Status, $"expected {status}, was {Status}: {Text}");
        Assert.Equal("application/problem+json", ContentType);
        Assert.StartsWith("urn:hpo-serverless:", Json.GetProperty("type").GetString());
        Assert.NotEmpty(Json.GetProperty("title").GetString()!);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(Json.GetProperty("traceId").GetString()!);
        return this;
    }

    public ApiAnswer Is(int status)
    {
        Assert.True(status == Status, $"expected {status}, was {Status}: {Text}");
        return this;
    }
}
