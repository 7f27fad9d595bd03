using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Answer to one action of a transaction, read from the multipart answer to all of them.</summary>
internal sealed class MemoryResponse(int status, string reasonPhrase, string clientRequestId, IReadOnlyList<HttpHeader> headers, byte[] content)
    : Response
{
    public override int Status => status;

    public override string ReasonPhrase => reasonPhrase;

    public override Stream ContentStream { get; set; } = new MemoryStream(content, writable: false);

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override bool IsError => status >= 400;

    public override void Dispose() => ContentStream?.Dispose();

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => headers;

    protected override bool TryGetHeader(string name, out string value)
    {
        bool found = TryGetHeaderValues(name, out IEnumerable<string> values);
        value = found ? string.Join(',', values) : null;
        return found;
    }

    protected override bool TryGetHeaderValues(string name, out IEnumerable<string> values)
    {
        string[] found = [.. headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static h => h.Value)];
        values = found.Length > 0 ? found : null;
        return found.Length > 0;
    }
}
