using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Reads code and message of an error answer, which is JSON or XML whatever was asked for.</summary>
internal sealed class ErrorParser : RequestFailedDetailsParser
{
    public static ErrorParser Instance { get; } = new();

    public override bool TryParse(Response response, out ResponseError error, out IDictionary<string, string> data)
    {
        data = null;
        error = response.ContentStream is MemoryStream { Length: > 0 } body ? Read(body.ToArray()) : null;
        if (error is null && response.Headers.TryGetValue("x-ms-error-code", out string code))
        {
            error = new ResponseError(code, response.ReasonPhrase);
        }

        return error is not null;
    }

    private static ResponseError Read(byte[] body)
    {
        try
        {
            return body.AsSpan().TrimStart("\uFEFF \r\n\t"u8)[0] == (byte)'<' ? ReadXml(body) : ReadJson(body);
        }
        catch (Exception e) when (e is JsonException or XmlException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null; // not an error of the service: a proxy's page, for instance
        }
    }

    private static ResponseError ReadJson(byte[] body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("odata.error", out JsonElement error))
        {
            return null;
        }

        string message = error.TryGetProperty("message", out JsonElement text) && text.TryGetProperty("value", out JsonElement value)
            ? value.GetString()
            : null;
        return new ResponseError(error.GetProperty("code").GetString(), message);
    }

    private static ResponseError ReadXml(byte[] body)
    {
        using MemoryStream stream = new(body);
        XElement root = XDocument.Load(stream).Root;
        string code = Find(root, "code");
        return string.IsNullOrEmpty(code) ? null : new ResponseError(code, Find(root, "message"));
    }

    private static string Find(XElement root, string name) =>
        root.Elements().FirstOrDefault(e => e.Name.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;
}
