using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HpoServerless.Functions.Http;

/// <summary>A file of any size as an answer, a few MiB at a time.</summary>
/// <param name="ContentType">What it is.</param>
/// <param name="CopyAsync">Writes it; false where there is none, and then nothing was written.</param>
/// <param name="Missing">The answer where there is none.</param>
internal sealed record ArtifactAnswer(string ContentType, Func<Stream, CancellationToken, Task<bool>> CopyAsync, Problem Missing) : IResult
{
    /// <summary>Its size where that is known.</summary>
    public long? Length { get; init; }

    /// <summary>Names its content; null: it is not named.</summary>
    public string? Tag { get; init; }

    /// <summary>Writes the answer. Where the copying fails in the middle the connection is broken, so that nobody takes a part for the whole.</summary>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = Length;
        response.Headers.ETag = Tag;
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            if (await CopyAsync(response.Body, httpContext.RequestAborted))
            {
                return;
            }
        }
        catch (Exception error) when (!httpContext.RequestAborted.IsCancellationRequested)
        {
            if (response.HasStarted)
            {
                httpContext.Abort();
                return;
            }

            response.Clear();
            await Problem.Of(error).ExecuteAsync(httpContext);
            return;
        }

        response.Clear();
        await Missing.ExecuteAsync(httpContext);
    }
}
